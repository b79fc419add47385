// Calls that ask about the file a path names.
#include <fcntl.h>
#include <linux/stat.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "files/file_head.hpp"
#include "files/proc.hpp"
#include "files/process_file.hpp"
#include "files/recent_open.hpp"
#include "files/resolve.hpp"
#include "host/host_call.hpp"
#include "mm/address_space.hpp"
#include "process/process.hpp"
#include "process/thread.hpp"
#include "syscalls/path_calls.hpp"

namespace kx::libos {

namespace {

constexpr u64 cwd = static_cast<u64>(AT_FDCWD);
constexpr i64 proc_magic = 0x9fa0;

i64 status_of_handle(u64 handle, struct stat& status) {
  const i64 result = host_call_raw(SYS_fstat, {{handle, 0}, 0}, CallKind::Quick).result;
  if (result == 0) {
    std::memcpy(&status, call_buffer(), sizeof status);
  }
  return result;
}

i64 status_of_file(const OpenFile& file, struct stat& status) {
  if (file.kind() == FileKind::Proc || file.kind() == FileKind::ProcDirectory) {
    proc_stat(file.proc_node, file.proc_subject, status);
    return 0;
  }
  if (file.kind() == FileKind::Process) {
    process_file_status(file, status);
    return 0;
  }
  if (const struct stat* known = recent_status(file)) {
    status = *known;
    return 0;
  }
  return status_of_handle(file.handle(), status);
}

// Status of anything that is not simply the host's.
i64 emulated_status(const Place& place, struct stat& status) {
  if (place.kind == PlaceKind::Descriptor) {
    const FileRef file = FdTable::instance().get(place.number);
    return file ? status_of_file(*file, status) : -ENOENT;
  }
  proc_stat(place.node, place.number, status);
  return 0;
}

bool is_emulated(const Place& place) {
  return place.kind == PlaceKind::Proc || place.kind == PlaceKind::Descriptor;
}

bool names_open_file(const Place& place, u32 flags) {
  return place.length == 0 && (flags & AT_EMPTY_PATH) != 0;
}

bool is_proc_file(const Place& place) {
  return place.file && (place.file->kind() == FileKind::Proc || place.file->kind() == FileKind::ProcDirectory);
}

FinalLink final_link(u32 flags) {
  return (flags & AT_SYMLINK_NOFOLLOW) != 0 ? FinalLink::Keep : FinalLink::Follow;
}

// Follows the link if that is asked for, or takes the descriptor's own file, whose place then stands for it.
i64 find(u64 directory_fd, u64 path, u32 flags, Place& place) {
  const i64 result = resolve(directory_fd, path, final_link(flags), place);
  if (result != 0 || !names_open_file(place, flags)) {
    return result;
  }
  if (is_proc_file(place)) {
    place.kind = PlaceKind::Proc;
    place.node = place.file->proc_node;
    place.number = place.file->proc_subject;
  } else if (place.file && place.file->kind() == FileKind::Process) {
    place.kind = PlaceKind::Descriptor;
    place.number = static_cast<u32>(directory_fd);
  }
  return result;
}

i64 stat_at(u64 directory_fd, u64 path, u64 to, u32 flags, u64 caller) {
  Place place;
  if (const i64 result = find(directory_fd, path, flags, place); result != 0) {
    return result;
  }
  if (names_open_file(place, flags) && place.file && place.file->head != nullptr &&
      AddressSpace::instance().is_in_linker(caller)) {
    return write_user(to, place.file->head->status) ? 0 : -EFAULT;
  }
  if (is_emulated(place)) {
    struct stat status {};
    const i64 result = emulated_status(place, status);
    return result != 0 ? result : write_user(to, status) ? 0 : -EFAULT;
  }
  if (names_open_file(place, flags) && place.file) {
    if (const struct stat* known = recent_status(*place.file)) {
      return write_user(to, *known) ? 0 : -EFAULT;
    }
  }
  const u64 out = place.free_offset();
  const i64 result = host_call_raw(SYS_newfstatat, {{place.directory, 0, out, flags}, 0}, CallKind::Quick).result;
  if (result < 0) {
    return result;
  }
  return copy_to_user(to, call_buffer() + out, sizeof(struct stat)) ? 0 : -EFAULT;
}

void convert(const struct stat& from, struct statx& to) {
  to = {};
  to.stx_mask = STATX_BASIC_STATS;
  to.stx_blksize = static_cast<u32>(from.st_blksize);
  to.stx_nlink = static_cast<u32>(from.st_nlink);
  to.stx_uid = from.st_uid;
  to.stx_gid = from.st_gid;
  to.stx_mode = static_cast<u16>(from.st_mode);
  to.stx_ino = from.st_ino;
  to.stx_size = static_cast<u64>(from.st_size);
  to.stx_blocks = static_cast<u64>(from.st_blocks);
  to.stx_atime = {from.st_atim.tv_sec, static_cast<u32>(from.st_atim.tv_nsec), 0};
  to.stx_mtime = {from.st_mtim.tv_sec, static_cast<u32>(from.st_mtim.tv_nsec), 0};
  to.stx_ctime = {from.st_ctim.tv_sec, static_cast<u32>(from.st_ctim.tv_nsec), 0};
  to.stx_dev_major = major(from.st_dev);
  to.stx_dev_minor = minor(from.st_dev);
  to.stx_rdev_major = major(from.st_rdev);
  to.stx_rdev_minor = minor(from.st_rdev);
}

// By the mode bits of a file that the library OS made up, or of an open one (access(2)).
i64 check_mode(const struct stat& status, u32 mode, bool effective) {
  const Credentials& who = Thread::current().credentials;
  const u32 uid = effective ? who.user.effective : who.user.real;
  if ((mode & X_OK) != 0 && !S_ISDIR(status.st_mode) && (status.st_mode & 0111) == 0) {
    return -EACCES;
  }
  if (uid == 0) {
    return 0;
  }
  const u32 gid = effective ? who.group.effective : who.group.real;
  const u32 bits = status.st_uid == uid   ? status.st_mode >> 6
                   : status.st_gid == gid ? status.st_mode >> 3
                                          : status.st_mode;
  return (mode & 7 & ~bits) == 0 ? 0 : -EACCES;
}

i64 access_at(u64 directory_fd, u64 path, u64 mode, u32 flags, bool has_flags) {
  if ((mode & ~7ull) != 0 || (flags & ~static_cast<u32>(AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) != 0) {
    return -EINVAL;
  }
  Place place;
  if (const i64 result = find(directory_fd, path, flags, place); result != 0) {
    return result;
  }
  if (is_emulated(place)) {
    struct stat status {};
    const i64 result = emulated_status(place, status);
    return result != 0 ? result : check_mode(status, static_cast<u32>(mode), (flags & AT_EACCESS) != 0);
  }
  const u32 number = has_flags ? SYS_faccessat2 : SYS_faccessat;
  return host_call_raw(number, {{place.directory, 0, mode, flags}, 0}, CallKind::Quick).result;
}

[[gnu::noinline]] i64 emulated_link(const Place& place, u64 to, u64 capacity) {
  char text[path_capacity];
  const i64 length = proc_link(place.node, place.number, text);
  if (length < 0) {
    return length;
  }
  const u64 size = std::min(static_cast<u64>(length), capacity);
  return copy_to_user(to, text, size) ? static_cast<i64>(size) : -EFAULT;
}

i64 readlink_at(u64 directory_fd, u64 path, u64 to, u64 capacity) {
  if (static_cast<i32>(capacity) <= 0) {
    return -EINVAL;
  }
  Place place;
  if (const i64 result = resolve(directory_fd, path, FinalLink::Keep, place); result != 0) {
    return result;
  }
  if (place.kind == PlaceKind::Proc) {
    return emulated_link(place, to, capacity);
  }
  const u64 out = place.free_offset();
  const u64 room = std::min(std::min(capacity, path_capacity), fault_buffer_offset - out);
  const i64 length = host_call_raw(SYS_readlinkat, {{place.directory, 0, out, room}, 0}, CallKind::Quick).result;
  if (length < 0) {
    return length;
  }
  return copy_to_user(to, call_buffer() + out, static_cast<u64>(length)) ? length : -EFAULT;
}

i64 write_proc_statfs(u64 to) {
  struct statfs status {};
  status.f_type = proc_magic;
  status.f_bsize = 4096;
  status.f_frsize = 4096;
  status.f_namelen = 255;
  status.f_flags = 0x20 | 0xe;  // ST_VALID, nosuid nodev noexec
  return write_user(to, status) ? 0 : -EFAULT;
}

}  // namespace

i64 call_stat(Context& context) {
  return stat_at(cwd, context.rdi, context.rsi, 0, context.rip);
}
i64 call_lstat(Context& context) {
  return stat_at(cwd, context.rdi, context.rsi, AT_SYMLINK_NOFOLLOW, context.rip);
}

i64 call_newfstatat(Context& context) {
  return stat_at(context.rdi, context.rsi, context.rdx, static_cast<u32>(context.r10), context.rip);
}

i64 call_fstat(Context& context) {
  const FileRef file = FdTable::instance().get(context.rdi);
  if (!file) {
    return -EBADF;
  }
  struct stat status {};
  const i64 result = status_of_file(*file, status);
  return result != 0 ? result : write_user(context.rsi, status) ? 0 : -EFAULT;
}

i64 call_statx(Context& context) {
  const auto flags = static_cast<u32>(context.rdx);
  Place place;
  if (const i64 result = find(context.rdi, context.rsi, flags, place); result != 0) {
    return result;
  }
  if (is_emulated(place)) {
    struct stat status {};
    struct statx wide;
    const i64 result = emulated_status(place, status);
    convert(status, wide);
    return result != 0 ? result : write_user(context.r8, wide) ? 0 : -EFAULT;
  }
  const u64 out = place.free_offset();
  const i64 result =
      host_call_raw(SYS_statx, {{place.directory, 0, flags, context.r10, out}, 0}, CallKind::Quick).result;
  if (result < 0) {
    return result;
  }
  return copy_to_user(context.r8, call_buffer() + out, sizeof(struct statx)) ? 0 : -EFAULT;
}

i64 call_access(Context& context) {
  return access_at(cwd, context.rdi, context.rsi, 0, false);
}
i64 call_faccessat(Context& context) {
  return access_at(context.rdi, context.rsi, context.rdx, 0, false);
}
i64 call_faccessat2(Context& context) {
  return access_at(context.rdi, context.rsi, context.rdx, static_cast<u32>(context.r10), true);
}

i64 call_readlink(Context& context) {
  return readlink_at(cwd, context.rdi, context.rsi, context.rdx);
}
i64 call_readlinkat(Context& context) {
  return readlink_at(context.rdi, context.rsi, context.rdx, context.r10);
}

i64 call_statfs(Context& context) {
  Place place;
  if (const i64 result = resolve(cwd, context.rdi, FinalLink::Follow, place); result != 0) {
    return result;
  }
  return place.kind == PlaceKind::Proc ? write_proc_statfs(context.rsi) : pass_through(SYS_statfs, context);
}

i64 call_fstatfs(Context& context) {
  const FileRef file = FdTable::instance().get(context.rdi);
  const bool is_proc = file && (file->kind() == FileKind::Proc || file->kind() == FileKind::ProcDirectory);
  return is_proc ? write_proc_statfs(context.rsi) : pass_through(SYS_fstatfs, context);
}

}  // namespace kx::libos
