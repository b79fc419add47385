// The mount operations that the sandbox is made of: cloned trees, private tmpfs, and mount points made where there were
// none.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "hypervisor/error.hpp"
#include "hypervisor/unique_fd.hpp"

namespace kx::hv {

enum class TreeDepth : std::uint8_t { ThisMountOnly, WithSubmounts };
enum class Access : std::uint8_t { ReadOnly, Writable };

// A detached copy of the mounts at `path` (relative to dir_fd if it is not absolute); it vanishes with the descriptor
// unless it is attached. A copy of a directory that is no mount point begins there: ".." does not lead out of it.
Result<UniqueFd> clone_tree(int dir_fd, const std::string& path, TreeDepth depth);

// Takes devices and set-user-ID away from a detached tree and all below it, and write access if so asked; mounts made
// elsewhere later do not propagate into it.
Result<void> confine_tree(int tree_fd, Access access, std::string_view name);

// Attaches a detached tree over the file or directory that `target_fd` refers to.
Result<void> attach_tree(int tree_fd, int target_fd, std::string_view target_name);

// A detached, empty, writable tmpfs without devices and set-user-ID. `mode` is octal text: "1777".
Result<UniqueFd> create_tmpfs(const char* mode);

// O_PATH descriptor of what is at `path` now, symbolic links followed.
Result<UniqueFd> open_path(const std::string& path);

// Lexically normal form of an absolute path: no ".", "..", doubled or trailing slashes.
std::string normal_path(std::string_view path);
std::size_t path_depth(std::string_view normal);
// True if `path` is `directory` or lies below it; both normal.
bool path_is_within(std::string_view path, std::string_view directory);

// Makes mount points inside the view that is already the process's root.
//
// Where the parent is writable in the view (the private /tmp, a writable volume) the mount point is simply created.
// Where it is read-only, nothing may be created on the host: the parent is covered by a small tmpfs in which each of
// its entries is shown again (directories and files as mounts, symbolic links copied), and which has the new entry as
// well.
class MountPointMaker {
 public:
  enum class Kind : std::uint8_t { File, Directory };

  // O_PATH descriptor of the file or directory at `path` (normal), which is created with its parents if it is missing.
  Result<UniqueFd> open_or_create(const std::string& path, Kind kind);

  // Makes the covering tmpfs read-only, like the directories that they stand for. Call once all mount points are made.
  Result<void> seal();

 private:
  Result<void> create_entry(const std::string& parent, const std::string& name, Kind kind);
  Result<void> cover_with_writable_copy(const std::string& directory);

  std::vector<UniqueFd> covers_;
};

}  // namespace kx::hv
