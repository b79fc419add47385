// Calls that take paths: the table, and the old forms that become an *at call.
#include "syscalls/path_calls.hpp"

#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <utime.h>

#include <cerrno>
#include <cstring>
#include <kx/abi/syscall_shapes.hpp>

#include "files/path.hpp"
#include "files/resolve.hpp"
#include "host/host_call.hpp"
#include "mm/address_space.hpp"

namespace kx::libos {

namespace {

constexpr u64 cwd = static_cast<u64>(AT_FDCWD);

// Carries out another call with these arguments.
i64 as(u32 number, const Context& context, u64 a, u64 b = 0, u64 c = 0, u64 d = 0, u64 e = 0) {
  Context copy = context;
  copy.rdi = a;
  copy.rsi = b;
  copy.rdx = c;
  copy.r10 = d;
  copy.r8 = e;
  return pass_through(number, copy);
}

u64 masked(u64 mode) {
  return mode & ~static_cast<u64>(file_creation_mask());
}

enum class Change : u8 { Make, Remove };

// Names below /proc cannot be made or removed: the error for one, 0 for any other path. What is wrong with the path
// itself the call will find out.
i64 check_emulated(u64 directory_fd, u64 path, Change change) {
  Place place;
  const i64 result = resolve(directory_fd, path, FinalLink::Keep, place);
  if (result == -ENOENT || result == -ENOTDIR) {
    return result;
  }
  return result != 0 || place.kind != PlaceKind::Proc ? 0 : change == Change::Make ? -EEXIST : -EPERM;
}

i64 make_directory(const Context& c, u64 directory_fd, u64 path, u64 mode) {
  const i64 refused = check_emulated(directory_fd, path, Change::Make);
  return refused != 0 ? refused : as(SYS_mkdirat, c, directory_fd, path, masked(mode) & 07777);
}

i64 make_node(const Context& c, u64 directory_fd, u64 path, u64 mode, u64 device) {
  const i64 refused = check_emulated(directory_fd, path, Change::Make);
  return refused != 0 ? refused : as(SYS_mknodat, c, directory_fd, path, masked(mode), device);
}

i64 remove_name(const Context& c, u64 directory_fd, u64 path, u64 flags) {
  const i64 refused = check_emulated(directory_fd, path, Change::Remove);
  return refused != 0 ? refused : as(SYS_unlinkat, c, directory_fd, path, flags);
}

i64 make_symlink(const Context& c, u64 target, u64 directory_fd, u64 path) {
  const i64 refused = check_emulated(directory_fd, path, Change::Make);
  return refused != 0 ? refused : as(SYS_symlinkat, c, target, directory_fd, path);
}

// Links the file behind /proc/self/fd/N: how a file of O_TMPFILE gets its name (open(2)).
i64 link_descriptor(u32 fd, u64 directory_fd, u64 path) {
  const FileRef file = FdTable::instance().get(fd);
  if (!file) {
    return -ENOENT;
  }
  Place place;
  if (const i64 result = resolve(directory_fd, path, FinalLink::Keep, place); result != 0) {
    return result;
  }
  const u64 empty = place.free_offset();
  call_buffer()[empty] = 0;
  return host_call_raw(SYS_linkat, {{file->handle(), empty, place.directory, 0, AT_EMPTY_PATH}, 0}, CallKind::Quick)
      .result;
}

i64 make_link(const Context& c, u64 old_fd, u64 old_path, u64 new_fd, u64 new_path, u64 flags) {
  if (const i64 refused = check_emulated(new_fd, new_path, Change::Make); refused != 0) {
    return refused;
  }
  Place place;
  if ((flags & AT_SYMLINK_FOLLOW) != 0 && resolve(old_fd, old_path, FinalLink::Follow, place) == 0 &&
      place.kind == PlaceKind::Descriptor) {
    return link_descriptor(place.number, new_fd, new_path);
  }
  return as(SYS_linkat, c, old_fd, old_path, new_fd, new_path, flags);
}

i64 call_mkdir(Context& c) {
  return make_directory(c, cwd, c.rdi, c.rsi);
}
i64 call_mkdirat(Context& c) {
  return make_directory(c, c.rdi, c.rsi, c.rdx);
}
i64 call_mknod(Context& c) {
  return make_node(c, cwd, c.rdi, c.rsi, c.rdx);
}
i64 call_mknodat(Context& c) {
  return make_node(c, c.rdi, c.rsi, c.rdx, c.r10);
}
i64 call_rmdir(Context& c) {
  return remove_name(c, cwd, c.rdi, AT_REMOVEDIR);
}
i64 call_unlink(Context& c) {
  return remove_name(c, cwd, c.rdi, 0);
}
i64 call_unlinkat(Context& c) {
  return remove_name(c, c.rdi, c.rsi, c.rdx);
}
i64 call_rename(Context& c) {
  return as(SYS_renameat2, c, cwd, c.rdi, cwd, c.rsi, 0);
}
i64 call_renameat(Context& c) {
  return as(SYS_renameat2, c, c.rdi, c.rsi, c.rdx, c.r10, 0);
}
i64 call_link(Context& c) {
  return make_link(c, cwd, c.rdi, cwd, c.rsi, 0);
}
i64 call_linkat(Context& c) {
  return make_link(c, c.rdi, c.rsi, c.rdx, c.r10, c.r8);
}
i64 call_symlink(Context& c) {
  return make_symlink(c, c.rdi, cwd, c.rsi);
}
i64 call_symlinkat(Context& c) {
  return make_symlink(c, c.rdi, c.rsi, c.rdx);
}
// By way of /proc/self/fd/N is how C libraries change the mode of what O_PATH has open; the hypervisor takes an empty
// path for it, which Linux refuses.
i64 change_mode(const Context& c, u64 directory_fd, u64 path, u64 mode) {
  Place place;
  if (resolve(directory_fd, path, FinalLink::Follow, place) == 0) {
    if (place.kind == PlaceKind::Descriptor) {
      const FileRef file = FdTable::instance().get(place.number);
      if (!file) {
        return -ENOENT;
      }
      call_buffer()[0] = 0;
      return host_call_raw(SYS_fchmodat, {{file->handle(), 0, mode}, 0}, CallKind::Quick).result;
    }
    if (place.kind == PlaceKind::Host && place.length == 0) {
      return -ENOENT;
    }
  }
  return as(SYS_fchmodat, c, directory_fd, path, mode);
}

// The hypervisor takes an empty path for the file of the handle that others are relative to.
i64 call_inotify_add_watch(Context& c) {
  const FileRef watcher = FdTable::instance().get(c.rdi);
  if (!watcher) {
    return -EBADF;
  }
  Place place;
  const FinalLink final = (c.rdx & IN_DONT_FOLLOW) != 0 ? FinalLink::Keep : FinalLink::Follow;
  if (resolve(cwd, c.rsi, final, place) == 0) {
    if (place.kind == PlaceKind::Descriptor) {
      const FileRef file = FdTable::instance().get(place.number);
      if (!file) {
        return -ENOENT;
      }
      call_buffer()[0] = 0;
      return host_call_raw(SYS_inotify_add_watch, {{watcher->handle(), 0, c.rdx}, file->handle()}, CallKind::Quick)
          .result;
    }
    if (place.kind == PlaceKind::Host && place.length == 0) {
      return -ENOENT;
    }
  }
  return pass_through(SYS_inotify_add_watch, c);
}

i64 call_chmod(Context& c) {
  return change_mode(c, cwd, c.rdi, c.rsi);
}
i64 call_fchmodat(Context& c) {
  return change_mode(c, c.rdi, c.rsi, c.rdx);
}
i64 call_chown(Context& c) {
  return as(SYS_fchownat, c, cwd, c.rdi, c.rsi, c.rdx, 0);
}
i64 call_lchown(Context& c) {
  return as(SYS_fchownat, c, cwd, c.rdi, c.rsi, c.rdx, AT_SYMLINK_NOFOLLOW);
}
i64 call_umask(Context& c) {
  return set_file_creation_mask(static_cast<u32>(c.rdi));
}

// What no program may do here, whoever it is: change its root.
i64 call_chroot(Context& c) {
  Place place;
  const i64 result = resolve(cwd, c.rdi, FinalLink::Follow, place);
  return result != 0 ? result : -EPERM;
}

// utimensat with times that are not in the program's memory.
i64 set_times(u64 directory_fd, u64 path, const timespec (*times)[2]) {
  Place place;
  if (path == 0) {
    return -EFAULT;
  }
  if (const i64 result = resolve(directory_fd, path, FinalLink::Follow, place); result != 0) {
    return result;
  }
  u64 offset = abi::null_offset;
  if (times != nullptr) {
    offset = place.free_offset();
    std::memcpy(call_buffer() + offset, times, sizeof *times);
  }
  return host_call_raw(SYS_utimensat, {{place.directory, 0, offset, 0}, 0}, CallKind::Quick).result;
}

i64 call_utime(Context& c) {
  if (c.rsi == 0) {
    return set_times(cwd, c.rdi, nullptr);
  }
  utimbuf seconds{};
  if (!read_user(seconds, c.rsi)) {
    return -EFAULT;
  }
  const timespec times[2] = {{seconds.actime, 0}, {seconds.modtime, 0}};
  return set_times(cwd, c.rdi, &times);
}

i64 set_times_micro(u64 directory_fd, u64 path, u64 address) {
  if (address == 0) {
    return set_times(directory_fd, path, nullptr);
  }
  struct {
    i64 seconds, microseconds;
  } values[2];
  if (!read_user(values, address)) {
    return -EFAULT;
  }
  timespec times[2];
  for (int i = 0; i < 2; ++i) {
    if (values[i].microseconds < 0 || values[i].microseconds >= 1'000'000) {
      return -EINVAL;
    }
    times[i] = {values[i].seconds, values[i].microseconds * 1000};
  }
  return set_times(directory_fd, path, &times);
}

i64 call_utimes(Context& c) {
  return set_times_micro(cwd, c.rdi, c.rsi);
}

i64 call_futimesat(Context& c) {
  if (c.rsi != 0) {
    return set_times_micro(c.rdi, c.rsi, c.rdx);
  }
  return -ENOSYS;
}

constexpr SyscallEntry entries[] = {
    {SYS_open, call_open},
    {SYS_openat, call_openat},
    {SYS_openat2, call_openat2},
    {SYS_creat, call_creat},
    {SYS_stat, call_stat},
    {SYS_lstat, call_lstat},
    {SYS_fstat, call_fstat},
    {SYS_newfstatat, call_newfstatat},
    {SYS_statx, call_statx},
    {SYS_access, call_access},
    {SYS_faccessat, call_faccessat},
    {SYS_faccessat2, call_faccessat2},
    {SYS_readlink, call_readlink},
    {SYS_readlinkat, call_readlinkat},
    {SYS_statfs, call_statfs},
    {SYS_fstatfs, call_fstatfs},
    {SYS_chdir, call_chdir},
    {SYS_fchdir, call_fchdir},
    {SYS_getcwd, call_getcwd},
    {SYS_getdents64, call_getdents64},
    {SYS_lseek, call_lseek},
    {SYS_mkdir, call_mkdir},
    {SYS_mkdirat, call_mkdirat},
    {SYS_mknod, call_mknod},
    {SYS_mknodat, call_mknodat},
    {SYS_rmdir, call_rmdir},
    {SYS_unlink, call_unlink},
    {SYS_unlinkat, call_unlinkat},
    {SYS_rename, call_rename},
    {SYS_renameat, call_renameat},
    {SYS_link, call_link},
    {SYS_linkat, call_linkat},
    {SYS_symlink, call_symlink},
    {SYS_symlinkat, call_symlinkat},
    {SYS_chmod, call_chmod},
    {SYS_fchmodat, call_fchmodat},
    {SYS_inotify_add_watch, call_inotify_add_watch},
    {SYS_chown, call_chown},
    {SYS_lchown, call_lchown},
    {SYS_umask, call_umask},
    {SYS_setxattr, call_xattr<SYS_setxattr>},
    {SYS_lsetxattr, call_xattr<SYS_lsetxattr>},
    {SYS_getxattr, call_xattr<SYS_getxattr>},
    {SYS_lgetxattr, call_xattr<SYS_lgetxattr>},
    {SYS_listxattr, call_xattr<SYS_listxattr>},
    {SYS_llistxattr, call_xattr<SYS_llistxattr>},
    {SYS_removexattr, call_xattr<SYS_removexattr>},
    {SYS_lremovexattr, call_xattr<SYS_lremovexattr>},
    {SYS_chroot, call_chroot},
    {SYS_utime, call_utime},
    {SYS_utimes, call_utimes},
    {SYS_futimesat, call_futimesat},
};

}  // namespace

std::span<const SyscallEntry> path_calls() {
  return entries;
}

}  // namespace kx::libos
