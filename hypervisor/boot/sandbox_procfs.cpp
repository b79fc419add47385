#include "hypervisor/boot/sandbox_procfs.hpp"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>
#include <vector>

#include "hypervisor/boot/sandbox_mounts.hpp"

namespace kx::hv {
namespace {

// proc_pid_mountinfo(5): blank, tab, newline and backslash are written as three octal digits.
std::string unescaped(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 3 < text.size()) {
      plain.push_back(static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0')));
      i += 3;
    } else {
      plain.push_back(text[i]);
    }
  }
  return plain;
}

// The words of a line: "36 35 98:0 /inside /mount/point options optional... - type source options".
std::string_view next_word(std::string_view& line) {
  const std::size_t end = std::min(line.find(' '), line.size());
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(std::min(end + 1, line.size()));
  return word;
}

Result<std::string> read_mount_table(int proc_fd) {
  const UniqueFd file(::openat(proc_fd, "self/mountinfo", O_RDONLY | O_CLOEXEC));
  if (!file) {
    return Unexpected{system_error("open /proc/self/mountinfo").with_cure("kx needs a procfs at /proc")};
  }
  std::string text;
  std::array<char, 16384> part{};
  for (;;) {
    const ssize_t size = ::read(file.get(), part.data(), part.size());
    if (size < 0) {
      return Unexpected{system_error("read /proc/self/mountinfo")};
    }
    if (size == 0) {
      return text;
    }
    text.append(part.data(), static_cast<std::size_t>(size));
  }
}

// The kernel lists only mounts below the process's root, so these are paths of the view.
std::vector<std::string> procfs_mount_points(std::string_view table) {
  std::vector<std::string> found;
  while (!table.empty()) {
    const std::size_t end = std::min(table.find('\n'), table.size());
    std::string_view line = table.substr(0, end);
    table.remove_prefix(std::min(end + 1, table.size()));
    // The type is looked for behind the separator: a path or source may look like one, but blanks in it are escaped.
    const std::size_t separator = line.find(" - ");
    if (separator == std::string_view::npos || !line.substr(separator + 3).starts_with("proc ")) {
      continue;
    }
    for (int skipped = 0; skipped < 4; ++skipped) {
      next_word(line);
    }
    found.push_back(unescaped(next_word(line)));
  }
  return found;
}

Result<void> cover(int target_fd, const std::string& path) {
  struct stat status {};
  if (::fstat(target_fd, &status) != 0) {
    return Unexpected{system_error("stat ", path)};
  }
  KX_TRY_ASSIGN(const UniqueFd tree, create_tmpfs("0555"));
  if (S_ISDIR(status.st_mode)) {
    KX_TRY(confine_tree(tree.get(), Access::ReadOnly, path));
    return attach_tree(tree.get(), target_fd, path);
  }
  // A bind mount of a single file: only a file can cover it.
  const UniqueFd file(::openat(tree.get(), "empty", O_CREAT | O_RDONLY | O_CLOEXEC, 0444));
  if (!file) {
    return Unexpected{system_error("create a file that covers ", path)};
  }
  KX_TRY_ASSIGN(const UniqueFd file_tree, clone_tree(tree.get(), "empty", TreeDepth::ThisMountOnly));
  KX_TRY(confine_tree(file_tree.get(), Access::ReadOnly, path));
  return attach_tree(file_tree.get(), target_fd, path);
}

}  // namespace

bool is_procfs(int fd) {
  struct statfs status {};
  return ::fstatfs(fd, &status) == 0 && status.f_type == PROC_SUPER_MAGIC;
}

Result<void> refuse_procfs(std::string_view option, const std::string& source) {
  struct statfs status {};
  if (::statfs(source.c_str(), &status) == 0 && status.f_type == PROC_SUPER_MAGIC) {
    return Unexpected{make_error(ErrorKind::Usage, option, " ", source,
                                 ": is on a procfs, which would show the program the memory of kx itself")
                          .with_cure("leave it out: the library OS provides /proc; or copy the file")};
  }
  return {};
}

Result<UniqueFd> create_procfs() {
  const UniqueFd context(::fsopen("proc", FSOPEN_CLOEXEC));
  if (!context || ::fsconfig(context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0) {
    return Unexpected{system_error("create a procfs").with_cure("mount a procfs at /proc")};
  }
  UniqueFd tree(::fsmount(context.get(), FSMOUNT_CLOEXEC, MOUNT_ATTR_NODEV | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC));
  if (!tree) {
    return Unexpected{system_error("mount a procfs").with_cure("mount a procfs at /proc")};
  }
  return tree;
}

Result<void> cover_procfs_mounts(int proc_fd) {
  KX_TRY_ASSIGN(const std::string table, read_mount_table(proc_fd));
  for (const std::string& path : procfs_mount_points(table)) {
    // What is covered by another mount, or lies where the user has no access, leads to no procfs.
    const UniqueFd target(::open(path.c_str(), O_PATH | O_CLOEXEC | O_NOFOLLOW));
    if (target && is_procfs(target.get())) {
      KX_TRY(cover(target.get(), path));
    }
  }
  return {};
}

}  // namespace kx::hv
