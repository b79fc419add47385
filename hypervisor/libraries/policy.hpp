// LibraryPolicy: which files a family's programs may execute, as a TOML file says. kx(1) describes the format.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hypervisor/error.hpp"
#include "hypervisor/libraries/elf_identity.hpp"
#include "hypervisor/libraries/signing.hpp"
#include "hypervisor/libraries/snapshot.hpp"

namespace kx::hv::libraries {

enum class PolicyMode : std::uint8_t { Off, Warn, Enforce };

// A program that loads something. Programs are told apart by their files, not by their names.
struct LoadingProgram {
  std::string path;  // for the user; empty: unknown
  dev_t device = 0;
  ino_t inode = 0;             // 0: unknown, which is no program that a policy names
  std::optional<uid_t> owner;  // of its file; none: it cannot be told
};

// What is to be loaded.
struct LoadedFile {
  std::string path;  // in the family's view
  const ElfIdentity& identity;
  std::optional<uid_t> owner;
  std::function<Signer()> signer;  // asked only if it matters
};

enum class LoaderKind : std::uint8_t { Anyone, SameOwner, Named };

// A number with dots.
using Version = std::vector<std::uint64_t>;

struct PolicyRule {
  std::uint32_t line = 0;
  // Which files it is about; each may be left out.
  std::vector<std::string> paths;
  std::string soname;  // without its version
  // What is demanded of them.
  std::vector<std::string> signed_by;  // names of keys
  std::vector<std::string> build_ids;
  Version min_version, max_version;
  LoaderKind loaders = LoaderKind::Anyone;
  std::vector<std::string> programs;
};

class LibraryPolicy {
 public:
  // Reads the policy and the keys and signatures that it names. Errors name the file and the line.
  static Result<LibraryPolicy> load(const std::string& path);
  // The same for its text; `source` names it, and relative paths of keys are seen from `directory`.
  static Result<LibraryPolicy> parse(std::string_view text, const std::string& source, const std::string& directory);

  [[nodiscard]] PolicyMode mode() const { return mode_; }
  // Whether a program may make memory executable.
  [[nodiscard]] bool is_jit(const LoadingProgram& program) const;
  // Why `program` may not load `file`; nothing if it may.
  [[nodiscard]] std::optional<std::string> refusal(const LoadedFile& file, const LoadingProgram& program) const;
  // Who signed a content; `signature` is a text.
  [[nodiscard]] Signer signer(const ContentHash& hash, const std::string& signature) const;
  // The signature of the file with this name, if the policy's own directory of signatures has one.
  [[nodiscard]] const std::string* signature_of(const std::string& name) const;

 private:
  friend class PolicyReader;

  PolicyMode mode_ = PolicyMode::Enforce;
  std::string source_;
  std::map<std::string, PublicKey, std::less<>> keys_;
  std::map<std::string, std::string, std::less<>> signatures_;  // by the name of the file
  std::vector<std::string> jit_;
  std::vector<PolicyRule> rules_;
};

// "1.2.3" as a version; nothing for anything else.
std::optional<Version> parse_version(std::string_view text);
// "libx.so.1.2" is "libx.so" in version 1.2; one without a version has an empty one.
struct VersionedName {
  std::string_view name;
  Version version;
};
VersionedName split_soname(std::string_view soname);

}  // namespace kx::hv::libraries
