// open(2) and its relatives.
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "files/open.hpp"
#include "mm/address_space.hpp"
#include "syscalls/path_calls.hpp"

namespace kx::libos {

namespace {

constexpr u32 tmpfile_bit = 020000000;  // __O_TMPFILE
constexpr u32 sync_bit = 04000000;      // __O_SYNC
constexpr u32 known_flags = O_ACCMODE | O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_APPEND | O_NONBLOCK | O_DSYNC |
                            O_ASYNC | O_DIRECT | 0100000 /* O_LARGEFILE */ | O_DIRECTORY | O_NOFOLLOW | O_NOATIME |
                            O_CLOEXEC | sync_bit | O_PATH | tmpfile_bit;
constexpr u32 path_flags = O_DIRECTORY | O_NOFOLLOW | O_PATH | O_CLOEXEC;
constexpr u64 known_resolve =
    RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH | RESOLVE_IN_ROOT | RESOLVE_CACHED;

i64 open_path(u64 directory_fd, u64 path, OpenRequest request) {
  if (const i64 room = FdTable::instance().check_room(); room != 0) {
    return room;
  }
  Place place;
  const FinalLink final = (request.flags & O_NOFOLLOW) != 0 ? FinalLink::Keep : FinalLink::Follow;
  const i64 found =
      request.resolve != 0 ? resolve_plainly(directory_fd, path, place) : resolve(directory_fd, path, final, place);
  if (found != 0) {
    return found;
  }
  if (place.length == 0 && place.kind == PlaceKind::Host) {
    return -ENOENT;
  }
  FileRef file;
  if (const i64 result = open_place(place, request, file); result != 0) {
    return result;
  }
  return FdTable::instance().add(std::move(file), (request.flags & O_CLOEXEC) != 0);
}

// open and openat ignore what they do not know.
i64 open_loosely(u64 directory_fd, u64 path, u64 flags, u64 mode, u64 caller) {
  OpenRequest request;
  request.flags = static_cast<u32>(flags) & known_flags;
  if ((request.flags & O_PATH) != 0) {
    request.flags &= path_flags;
  } else {
    request.flags |= 0100000;
  }
  if ((request.flags & (O_CREAT | tmpfile_bit)) != 0) {
    request.mode = static_cast<u32>(mode) & 07777 & ~file_creation_mask();
  }
  request.with_head =
      (request.flags & ~0100000u) == (O_RDONLY | O_CLOEXEC) && AddressSpace::instance().is_in_linker(caller);
  return open_path(directory_fd, path, request);
}

}  // namespace

i64 call_open(Context& context) {
  return open_loosely(static_cast<u64>(AT_FDCWD), context.rdi, context.rsi, context.rdx, context.rip);
}

i64 call_openat(Context& context) {
  return open_loosely(context.rdi, context.rsi, context.rdx, context.r10, context.rip);
}

i64 call_creat(Context& context) {
  return open_loosely(static_cast<u64>(AT_FDCWD), context.rdi, O_CREAT | O_WRONLY | O_TRUNC, context.rsi, context.rip);
}

i64 call_openat2(Context& context) {
  open_how how{};
  const u64 size = context.r10;
  if (size < sizeof how) {
    return -EINVAL;
  }
  if (size > 4096) {
    return -E2BIG;
  }
  if (!read_user(how, context.rdx)) {
    return -EFAULT;
  }
  for (u64 at = sizeof how; at < size; ++at) {
    u8 extra = 0;
    if (!read_user(extra, context.rdx + at)) {
      return -EFAULT;
    }
    if (extra != 0) {
      return -E2BIG;
    }
  }
  const bool creates = (how.flags & (O_CREAT | tmpfile_bit)) != 0;
  if ((how.flags & ~static_cast<u64>(known_flags)) != 0 || (how.resolve & ~known_resolve) != 0 ||
      (how.mode & ~07777ull) != 0 || (how.mode != 0 && !creates) ||
      ((how.flags & O_PATH) != 0 && (how.flags & ~static_cast<u64>(path_flags)) != 0)) {
    return -EINVAL;
  }
  OpenRequest request;
  request.flags = static_cast<u32>(how.flags);
  if ((how.flags & O_PATH) == 0) {
    request.flags |= 0100000;
  }
  request.mode = static_cast<u32>(how.mode) & ~file_creation_mask();
  request.resolve = how.resolve;
  return open_path(context.rdi, context.rsi, request);
}

}  // namespace kx::libos
