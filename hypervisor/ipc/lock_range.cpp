// What a struct flock means: fcntl(2), "Advisory record locking".
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "hypervisor/ipc/record_locks.hpp"

namespace kx::hv::ipc {

namespace {

// Where l_start counts from.
std::int64_t origin(int fd, short whence, std::int64_t& at) {
  struct stat status {};
  switch (whence) {
    case SEEK_SET:
      at = 0;
      return 0;
    case SEEK_CUR:
      at = ::lseek(fd, 0, SEEK_CUR);
      at = at < 0 ? 0 : at;  // a file without a position
      return 0;
    case SEEK_END:
      if (::fstat(fd, &status) != 0) {
        return -errno;
      }
      at = status.st_size;
      return 0;
    default:
      return -EINVAL;
  }
}

std::int64_t check_mode(int fd, short type) {
  const int flags = ::fcntl(fd, F_GETFL);
  if (flags < 0 || (flags & O_PATH) != 0) {
    return -EBADF;
  }
  const int mode = flags & O_ACCMODE;
  const bool open_for_it = type == F_RDLCK ? mode != O_WRONLY : type == F_UNLCK || mode != O_RDONLY;
  return open_for_it ? 0 : -EBADF;
}

}  // namespace

std::int64_t lock_range(int fd, const struct flock& lock, LockRange& range) {
  std::int64_t at = 0;
  if (const std::int64_t error = origin(fd, lock.l_whence, at); error != 0) {
    return error;
  }
  if (__builtin_add_overflow(at, lock.l_start, &range.start)) {
    return -EOVERFLOW;
  }
  if (range.start < 0) {
    return -EINVAL;
  }
  range.end = INT64_MAX;
  if (lock.l_len > 0) {
    if (__builtin_add_overflow(range.start, lock.l_len - 1, &range.end)) {
      return -EOVERFLOW;
    }
  } else if (lock.l_len < 0) {
    range.end = range.start - 1;
    if (__builtin_add_overflow(range.start, lock.l_len, &range.start) || range.start < 0) {
      return -EINVAL;
    }
  }
  if (lock.l_type != F_RDLCK && lock.l_type != F_WRLCK && lock.l_type != F_UNLCK) {
    return -EINVAL;
  }
  range.type = lock.l_type;
  return check_mode(fd, lock.l_type);
}

}  // namespace kx::hv::ipc
