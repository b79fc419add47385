// Guard: asks a family's policy about whatever its library OS is about to make executable, and says so if it refuses.
#pragma once

#include <sys/stat.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "hypervisor/error.hpp"
#include "hypervisor/libraries/policy.hpp"
#include "hypervisor/libraries/snapshot.hpp"
#include "hypervisor/unique_fd.hpp"

namespace kx::hv::libraries {

// What a guard knows of the machine.
struct GuardPlace {
  int proc_fd = -1;            // of a procfs, while the guard lives: its self/fd tells the paths of open files
  bool owners_hidden = false;  // in a user namespace, where all strangers are one
  // Where what is refused is told: a line. Called by any thread.
  std::function<void(const std::string&)> report;
};

struct GuardCounts {
  std::uint64_t asked = 0;
  std::uint64_t refused = 0;
  std::uint64_t warned = 0;  // what enforce would have refused
  // Files that were copied to be judged, and those of which there was a copy already: how many, and the time for it.
  std::uint64_t copied = 0, copied_ns = 0, known = 0, known_ns = 0;
};

// A version of a library that an update maps in a program, and all that it is judged by: a rollback has it judged once
// more, when its file may be gone.
struct LibraryOffer {
  std::shared_ptr<Snapshot> content;
  std::string path;       // in the family's view; empty: it has none there
  std::string signature;  // its text; empty: there is none
  std::string problem;    // why
  std::optional<uid_t> owner;
};

// Of a policy that is not off. Thread-safe.
class Guard {
 public:
  // Of the copies that are kept for whoever loads the same file next: their bytes, and how many; each is a descriptor.
  static constexpr std::uint64_t cache_size = 256ull << 20;
  static constexpr std::size_t cache_count = 1024;

  Guard(LibraryPolicy policy, GuardPlace place) : policy_(std::move(policy)), place_(std::move(place)) {}

  // Who loads: the program that was read from this file; -1: unknown.
  [[nodiscard]] LoadingProgram program_of(int fd) const;

  // May `program` execute what is in the file? If so a descriptor of its content, which nobody can change any more. If
  // not: EACCES in the error. In the mode `warn` always a descriptor, of the file itself if need be.
  Result<UniqueFd> check_file(int fd, const LoadingProgram& program);

  // What there is to judge of a regular file that somebody outside the family brought. If it lies in the family's view
  // it is judged as one of there; if not, only rules without a path are about it, and `signature` (the text, or
  // nothing) is its signature.
  Result<LibraryOffer> offer_file(int fd, const std::string& signature);
  // The same for what a program has loaded already: `content` is what its memory was filled from, `fd` the file that it
  // opened. It is judged as it was when it was loaded, whatever lies at that path now.
  Result<LibraryOffer> offer_loaded(int fd, int content);
  // May `program` be given it; `name` names it in the report. If not: the policy's reason in the error.
  Result<void> check_offer(const LibraryOffer& offer, const std::string& name, const LoadingProgram& program);

  // Who signed what program memory was filled from, as far as that was looked at.
  [[nodiscard]] std::optional<Signer> known_signer(int content) const;

  // May it make memory executable that is no file's content; `what` names it in the report.
  bool check_memory(const LoadingProgram& program, const char* what);
  // Whether it may at any time, without being asked.
  [[nodiscard]] bool is_jit(const LoadingProgram& program) const { return policy_.is_jit(program); }

  [[nodiscard]] GuardCounts counts() const;

 private:
  struct Cached {
    std::shared_ptr<Snapshot> snapshot;
    std::uint64_t last_use = 0;
  };

  [[nodiscard]] std::string path_of(int fd, const struct stat& status) const;
  [[nodiscard]] std::optional<uid_t> owner_of(const struct stat& status) const;
  Result<UniqueFd> judge_file(int fd, const LoadingProgram& program, bool& is_copied);
  // `is_copied` becomes true if there was none yet.
  Result<std::shared_ptr<Snapshot>> snapshot_of(int fd, struct stat& status, bool& is_copied);
  void keep(const FileState& state, std::shared_ptr<Snapshot> snapshot);
  // One of the copies that are kept, by its descriptor; null: it is none.
  [[nodiscard]] std::shared_ptr<Snapshot> own_copy(int fd) const;
  // The text of the signature of a file at this path of the view. Errors: there is none, and why.
  [[nodiscard]] Result<std::string> signature_of(const std::string& path) const;
  void find_signature(LibraryOffer& offer) const;
  [[nodiscard]] Signer signer_of(Snapshot& snapshot, const std::string& path) const;
  // True: refused. In the mode `warn` it is only told.
  bool refuse(const std::string& what, const LoadingProgram& program, const std::string& reason);

  LibraryPolicy policy_;
  GuardPlace place_;
  std::atomic<std::uint64_t> asked_ = 0, refused_ = 0, warned_ = 0;
  std::atomic<std::uint64_t> copied_ = 0, copied_ns_ = 0, known_ = 0, known_ns_ = 0;
  mutable std::mutex mutex_;  // what follows
  std::map<FileState, Cached> cache_;
  std::uint64_t cached_size_ = 0;
  std::uint64_t uses_ = 0;
  std::set<std::string> told_;
};

}  // namespace kx::hv::libraries
