#include "hypervisor/boot/sandbox_mounts.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>
#include <cstdio>
#include <cstring>
#include <memory>

namespace kx::hv {
namespace {

// Covering a directory costs a mount for each entry; beyond this the user is better served by an error.
constexpr std::size_t max_covered_entries = 1024;

struct DirectoryEntry {
  std::string name;
  mode_t mode = 0;
  std::string link_target;  // of a symbolic link
  UniqueFd tree;            // of anything else
};

Result<DirectoryEntry> capture_entry(int dir_fd, const char* name, const std::string& directory) {
  DirectoryEntry entry;
  entry.name = name;
  struct stat status {};
  if (::fstatat(dir_fd, name, &status, AT_SYMLINK_NOFOLLOW) != 0) {
    return Unexpected{system_error("stat ", directory, "/", name)};
  }
  entry.mode = status.st_mode;
  if (S_ISLNK(status.st_mode)) {
    std::array<char, PATH_MAX> target{};
    const ssize_t length = ::readlinkat(dir_fd, name, target.data(), target.size());
    if (length < 0) {
      return Unexpected{system_error("read link ", directory, "/", name)};
    }
    entry.link_target.assign(target.data(), static_cast<std::size_t>(length));
    return entry;
  }
  KX_TRY_ASSIGN(entry.tree, clone_tree(dir_fd, name, TreeDepth::WithSubmounts));
  return entry;
}

Result<void> show_entry(int cover_fd, const DirectoryEntry& entry, const std::string& directory) {
  const char* name = entry.name.c_str();
  if (S_ISLNK(entry.mode)) {
    if (::symlinkat(entry.link_target.c_str(), cover_fd, name) != 0) {
      return Unexpected{system_error("link ", directory, "/", entry.name)};
    }
    return {};
  }
  const bool created =
      S_ISDIR(entry.mode) ? ::mkdirat(cover_fd, name, 0755) == 0 : ::mknodat(cover_fd, name, S_IFREG | 0644, 0) == 0;
  if (!created) {
    return Unexpected{system_error("create mount point ", directory, "/", entry.name)};
  }
  const UniqueFd target(::openat(cover_fd, name, O_PATH | O_CLOEXEC | O_NOFOLLOW));
  if (!target) {
    return Unexpected{system_error("open mount point ", directory, "/", entry.name)};
  }
  return attach_tree(entry.tree.get(), target.get(), directory + "/" + entry.name);
}

Result<std::vector<DirectoryEntry>> capture_directory(const std::string& directory) {
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(::opendir(directory.c_str()), &::closedir);
  if (!stream) {
    return Unexpected{system_error("list ", directory)};
  }
  std::vector<DirectoryEntry> entries;
  while (const dirent* item = ::readdir(stream.get())) {
    if (std::strcmp(item->d_name, ".") == 0 || std::strcmp(item->d_name, "..") == 0) {
      continue;
    }
    if (entries.size() == max_covered_entries) {
      return Unexpected{make_error(ErrorKind::Usage, "cannot add a mount point to ", directory,
                                   ": it is read-only and has more than ", max_covered_entries, " entries")
                            .with_cure("create the destination on the host, or choose one in a smaller directory")};
    }
    KX_TRY_ASSIGN(DirectoryEntry entry, capture_entry(::dirfd(stream.get()), item->d_name, directory));
    entries.push_back(std::move(entry));
  }
  return entries;
}

}  // namespace

Result<UniqueFd> clone_tree(int dir_fd, const std::string& path, TreeDepth depth) {
  const unsigned recursive = depth == TreeDepth::WithSubmounts ? AT_RECURSIVE : 0U;
  UniqueFd tree(::open_tree(dir_fd, path.c_str(), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | recursive));
  if (!tree) {
    return Unexpected{system_error("clone the mounts at ", path)};
  }
  return tree;
}

Result<void> confine_tree(int tree_fd, Access access, std::string_view name) {
  mount_attr attributes{};
  attributes.attr_set = MOUNT_ATTR_NODEV | MOUNT_ATTR_NOSUID;
  if (access == Access::ReadOnly) {
    attributes.attr_set |= MOUNT_ATTR_RDONLY;
  }
  attributes.propagation = MS_PRIVATE;
  if (::mount_setattr(tree_fd, "", AT_EMPTY_PATH | AT_RECURSIVE, &attributes, sizeof attributes) != 0) {
    return Unexpected{system_error("confine the mounts of ", name)};
  }
  return {};
}

Result<void> attach_tree(int tree_fd, int target_fd, std::string_view target_name) {
  struct stat tree {};
  struct stat target {};
  if (::fstat(tree_fd, &tree) == 0 && ::fstat(target_fd, &target) == 0 &&
      S_ISDIR(tree.st_mode) != S_ISDIR(target.st_mode)) {
    return Unexpected{make_error(ErrorKind::Usage, "cannot mount on ", target_name,
                                 ": a directory can only cover a directory, and a file a file")};
  }
  if (::move_mount(tree_fd, "", target_fd, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) != 0) {
    return Unexpected{system_error("mount on ", target_name)};
  }
  return {};
}

Result<UniqueFd> create_tmpfs(const char* mode) {
  const UniqueFd context(::fsopen("tmpfs", FSOPEN_CLOEXEC));
  if (!context || ::fsconfig(context.get(), FSCONFIG_SET_STRING, "mode", mode, 0) != 0 ||
      ::fsconfig(context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0) {
    return Unexpected{system_error("create a tmpfs")};
  }
  UniqueFd tree(::fsmount(context.get(), FSMOUNT_CLOEXEC, MOUNT_ATTR_NODEV | MOUNT_ATTR_NOSUID));
  if (!tree) {
    return Unexpected{system_error("mount a tmpfs")};
  }
  return tree;
}

Result<UniqueFd> open_path(const std::string& path) {
  UniqueFd fd(::open(path.c_str(), O_PATH | O_CLOEXEC));
  if (!fd) {
    return Unexpected{system_error("open ", path)};
  }
  return fd;
}

std::string normal_path(std::string_view path) {
  std::string normal;
  while (!path.empty()) {
    const std::size_t slash = std::min(path.find('/'), path.size());
    const std::string_view name = path.substr(0, slash);
    path.remove_prefix(std::min(slash + 1, path.size()));
    if (name == "..") {
      normal.resize(normal.empty() ? 0 : normal.rfind('/'));
    } else if (!name.empty() && name != ".") {
      normal.append("/").append(name);
    }
  }
  return normal.empty() ? "/" : normal;
}

std::size_t path_depth(std::string_view normal) {
  return normal == "/" ? 0 : static_cast<std::size_t>(std::ranges::count(normal, '/'));
}

bool path_is_within(std::string_view path, std::string_view directory) {
  return directory == "/" || path == directory ||
         (path.size() > directory.size() && path.starts_with(directory) && path[directory.size()] == '/');
}

Result<UniqueFd> MountPointMaker::open_or_create(const std::string& path, Kind kind) {
  if (auto existing = open_path(path); existing || existing.error().errno_value != ENOENT) {
    return existing;
  }
  std::string parent = "/";
  for (std::size_t begin = 1; begin < path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    const std::string name = path.substr(begin, end - begin);
    const std::string child = path.substr(0, end);
    if (::access(child.c_str(), F_OK) != 0 && errno == ENOENT) {
      KX_TRY(create_entry(parent, name, end == path.size() ? kind : Kind::Directory));
    }
    parent = child;
    begin = end + 1;
  }
  return open_path(path);
}

Result<void> MountPointMaker::create_entry(const std::string& parent, const std::string& name, Kind kind) {
  const std::string path = parent == "/" ? "/" + name : parent + "/" + name;
  const auto create = [&] {
    return kind == Kind::Directory ? ::mkdir(path.c_str(), 0755) == 0 : ::mknod(path.c_str(), S_IFREG | 0644, 0) == 0;
  };
  if (create()) {
    return {};
  }
  if (errno == EROFS) {
    KX_TRY(cover_with_writable_copy(parent));
    if (create()) {
      return {};
    }
  }
  return Unexpected{system_error("create mount point ", path).with_cure("create it on the host first")};
}

Result<void> MountPointMaker::cover_with_writable_copy(const std::string& directory) {
  struct stat status {};
  if (::stat(directory.c_str(), &status) != 0) {
    return Unexpected{system_error("stat ", directory)};
  }
  KX_TRY_ASSIGN(const auto entries, capture_directory(directory));
  KX_TRY_ASSIGN(const UniqueFd target, open_path(directory));

  std::array<char, 8> mode{};
  std::snprintf(mode.data(), mode.size(), "%o", status.st_mode & 07777U);
  KX_TRY_ASSIGN(UniqueFd cover, create_tmpfs(mode.data()));
  // Attached before it is filled: kernels before 6.15 mount nothing inside a detached tree.
  KX_TRY(attach_tree(cover.get(), target.get(), directory));
  for (const DirectoryEntry& entry : entries) {
    KX_TRY(show_entry(cover.get(), entry, directory));
  }
  if (directory == "/" && (::fchdir(cover.get()) != 0 || ::chroot(".") != 0)) {
    return Unexpected{system_error("change the root directory")};
  }
  covers_.push_back(std::move(cover));
  return {};
}

Result<void> MountPointMaker::seal() {
  for (const UniqueFd& cover : covers_) {
    mount_attr attributes{};
    attributes.attr_set = MOUNT_ATTR_RDONLY;
    if (::mount_setattr(cover.get(), "", AT_EMPTY_PATH, &attributes, sizeof attributes) != 0) {
      return Unexpected{system_error("make a mount point's parent read-only")};
    }
  }
  covers_.clear();
  return {};
}

}  // namespace kx::hv
