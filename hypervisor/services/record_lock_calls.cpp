// Record locks of processes: fcntl with F_GETLK, F_SETLK and F_SETLKW.
#include <fcntl.h>

#include <cerrno>

#include "hypervisor/ipc/family_ipc.hpp"
#include "hypervisor/services/call_support.hpp"

namespace kx::hv {

namespace {

int procfs(const CallContext& context) {
  return context.services.sandbox != nullptr ? context.services.sandbox->proc_fd() : -1;
}

void describe(const ipc::LockRange& range, struct flock& lock) {
  lock.l_type = range.type;
  lock.l_whence = SEEK_SET;
  lock.l_start = range.start;
  lock.l_len = range.end == INT64_MAX ? 0 : range.end - range.start + 1;
  lock.l_pid = range.pid;
}

std::int64_t get_lock(const CallContext& context, int fd, struct flock& lock, ipc::LockRange range) {
  if (range.type == F_UNLCK) {
    return -EINVAL;
  }
  const std::int64_t error = context.services.ipc->locks.find_conflict(fd, range, procfs(context));
  if (error != 0) {
    return error;
  }
  if (range.type == F_UNLCK) {
    lock.l_type = F_UNLCK;
  } else {
    describe(range, lock);
  }
  return 0;
}

}  // namespace

void name_family_lock(const CallContext& context, int fd, const struct flock& asked, struct flock& found) {
  ipc::LockRange wanted;
  ipc::LockRange holds;
  const std::int64_t error = ipc::lock_range(fd, asked, wanted);
  if (context.services.ipc == nullptr || found.l_type == F_UNLCK || (error != 0 && error != -EBADF) ||
      ipc::lock_range(fd, found, holds) == -EINVAL) {
    return;
  }
  wanted.pid = 0;  // no process: all of them are in its way
  if (context.services.ipc->locks.find_in_family(fd, wanted) && wanted.start <= holds.end &&
      holds.start <= wanted.end) {
    describe(wanted, found);
  }
}

std::int64_t serve_record_lock(const CallContext& context, int fd, int command, std::uint64_t offset) {
  struct flock lock;
  if (!copy_in(context, offset, lock)) {
    return -EFAULT;
  }
  if (context.services.ipc == nullptr) {
    return -ENOSYS;
  }
  ipc::LockRange range;
  range.pid = process_id(context);
  std::int64_t error = ipc::lock_range(fd, lock, range);
  if (command != F_GETLK) {
    const ipc::Patience patience{context.kicked, {}};
    return error != 0 ? error
                      : context.services.ipc->locks.set(fd, range, command == F_SETLKW, patience, procfs(context));
  }
  if (error == -EBADF && range.type != F_UNLCK) {
    error = 0;  // asking needs no right to the file
  }
  error = error != 0 ? error : get_lock(context, fd, lock, range);
  return error == 0 && !copy_out(context, offset, lock) ? -EFAULT : error;
}

}  // namespace kx::hv
