// A private copy of a file whose content was looked at, and can be handed out as exactly what was looked at.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "hypervisor/error.hpp"
#include "hypervisor/libraries/content_hash.hpp"
#include "hypervisor/libraries/elf_identity.hpp"
#include "hypervisor/unique_fd.hpp"

namespace kx::hv::libraries {

// A file with this content, as far as its file system tells. If it does not tell of a change, the copy is old, but what
// was verified all the same.
struct FileState {
  dev_t device = 0;
  ino_t inode = 0;
  off_t size = 0;
  std::int64_t modified_ns = 0;
  std::int64_t changed_ns = 0;
  auto operator<=>(const FileState&) const = default;
};
FileState state_of(const struct stat& status);

// Who signed a content: the name of a key of the policy, or why there is none.
struct Signer {
  std::string key;
  std::string problem;
};

class Snapshot {
 public:
  static constexpr std::uint64_t most_size = 1ull << 30;

  // Copies `size` bytes of a regular file into a memory file and seals it: nobody, the hypervisor included, can change
  // it any more. Errors: those of reading; EIO if the file ends before; EFBIG beyond most_size.
  static Result<std::shared_ptr<Snapshot>> take(int fd, std::uint64_t size);

  [[nodiscard]] int fd() const { return file_.get(); }
  [[nodiscard]] std::uint64_t size() const { return size_; }
  // Whether a descriptor with this status is of it.
  [[nodiscard]] bool has_status(const struct stat& status) const {
    return status.st_dev == device_ && status.st_ino == inode_;
  }
  [[nodiscard]] const ElfIdentity& identity() const { return identity_; }

  // Who made the signature with this text, by `find`, which is asked once for each text that comes. Thread-safe.
  Signer signer(const std::string& signature, const std::function<Signer(const ContentHash&)>& find);
  // Notes that there is none, and why.
  Signer without_signature(std::string problem);
  // Whom the last signature that was looked at was by, and its text; nothing: none was looked at. Thread-safe.
  [[nodiscard]] std::optional<Signer> last_signer() const;
  [[nodiscard]] std::string last_signature() const;

  // The path by which it was judged last; empty: it was not. Thread-safe.
  void set_path(const std::string& path);
  [[nodiscard]] std::string path() const;

 private:
  Snapshot(UniqueFd file, const struct stat& status, ElfIdentity identity)
      : file_(std::move(file)),
        size_(static_cast<std::uint64_t>(status.st_size)),
        device_(status.st_dev),
        inode_(status.st_ino),
        identity_(std::move(identity)) {}

  UniqueFd file_;
  std::uint64_t size_;
  dev_t device_;
  ino_t inode_;
  ElfIdentity identity_;
  mutable std::mutex mutex_;  // what follows
  std::string path_;
  std::optional<ContentHash> hash_;
  std::string last_signature_;
  std::optional<Signer> last_signer_;
};

}  // namespace kx::hv::libraries
