#include "hypervisor/ipc/record_locks.hpp"

#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <kx/abi/result.hpp>
#include <set>
#include <utility>

#include "hypervisor/vcpu/interruptible.hpp"

namespace kx::hv::ipc {

namespace {

bool overlap(const LockRange& a, const LockRange& b) {
  return a.start <= b.end && b.start <= a.end;
}

struct flock to_flock(short type, std::int64_t start, std::int64_t end) {
  struct flock lock {};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  lock.l_start = start;
  lock.l_len = end == INT64_MAX ? 0 : end - start + 1;
  return lock;
}

std::int64_t host_lock(int fd, short type, std::int64_t start, std::int64_t end) {
  struct flock lock = to_flock(type, start, end);
  return ::fcntl(fd, F_OFD_SETLK, &lock) == 0 ? 0 : -errno;
}

}  // namespace

RecordLocks::Use::~Use() {
  if (--file_->second.users == 0 && file_->second.locks.empty()) {
    locks_.files_.erase(file_);
  }
}

const LockRange* RecordLocks::conflict(const File& file, const LockRange& range) {
  const auto found = std::find_if(file.locks.begin(), file.locks.end(), [&](const LockRange& held) {
    return held.pid != range.pid && overlap(held, range) && (held.type == F_WRLCK || range.type == F_WRLCK);
  });
  return found == file.locks.end() ? nullptr : &*found;
}

// Opens the file once more, for all that it can be opened for: a description of our own never is the program's, whose
// OFD locks would not conflict with it otherwise. Only regular files can be opened without side effects.
std::int64_t RecordLocks::open_host_file(File& file, int fd, short type, int proc_fd) {
  const bool enough = type == F_UNLCK || (type == F_WRLCK ? file.writable : file.readable);
  if (file.host != nullptr && enough) {
    return 0;
  }
  struct stat status {};
  char path[32];
  std::snprintf(path, sizeof path, "self/fd/%d", fd);
  UniqueFd host;
  int mode = O_RDWR;
  if (proc_fd >= 0 && ::fstat(fd, &status) == 0 && S_ISREG(status.st_mode)) {
    for (const int attempt : {O_RDWR, type == F_WRLCK ? O_WRONLY : O_RDONLY}) {
      if (!host) {
        mode = attempt;
        host = UniqueFd(::openat(proc_fd, path, attempt | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
      }
    }
  }
  if (!host) {
    host = UniqueFd(::fcntl(fd, F_DUPFD_CLOEXEC, 3));
    mode = ::fcntl(fd, F_GETFL) & O_ACCMODE;
  }
  if (!host) {
    return -ENOLCK;
  }
  if (file.host != nullptr) {
    host_lock(file.host->get(), F_UNLCK, 0, INT64_MAX);  // taken again at once
  }
  file.host = std::make_shared<const UniqueFd>(std::move(host));
  file.readable = mode != O_WRONLY;
  file.writable = mode != O_RDONLY;
  sync_host(file, 0, INT64_MAX);
  return 0;
}

// Makes the host's locks in [start, end] the union of the family's.
void RecordLocks::sync_host(const File& file, std::int64_t start, std::int64_t end) const {
  std::set<std::int64_t> starts{start};
  for (const LockRange& lock : file.locks) {
    if (lock.start > start && lock.start <= end) {
      starts.insert(lock.start);
    }
    if (lock.end >= start && lock.end < end) {
      starts.insert(lock.end + 1);
    }
  }
  for (auto at = starts.begin(); at != starts.end(); ++at) {
    const auto next = std::next(at);
    const std::int64_t last = next == starts.end() ? end : *next - 1;
    short type = F_UNLCK;
    for (const LockRange& lock : file.locks) {
      if (lock.start <= *at && lock.end >= last && type != F_WRLCK) {
        type = lock.type;
      }
    }
    host_lock(file.host->get(), type, *at, last);
  }
}

// Cuts `range` out of its owner's locks.
void RecordLocks::release(File& file, const LockRange& range) {
  const auto cut = [&](const LockRange& lock) { return lock.pid == range.pid && overlap(lock, range); };
  if (std::none_of(file.locks.begin(), file.locks.end(), cut)) {
    return;
  }
  std::vector<LockRange> kept;
  kept.reserve(file.locks.size() + 1);
  for (const LockRange& lock : file.locks) {
    if (!cut(lock)) {
      kept.push_back(lock);
      continue;
    }
    if (lock.start < range.start) {
      kept.push_back({lock.start, range.start - 1, lock.type, lock.pid});
    }
    if (lock.end > range.end) {
      kept.push_back({range.end + 1, lock.end, lock.type, lock.pid});
    }
  }
  count_ += kept.size() - file.locks.size();
  file.locks = std::move(kept);
  // They look again for themselves, as on Linux.
  for (Waiting* waiting : std::exchange(file.waiting, {})) {
    waiting->waiter.wake(0);
  }
}

// Adds a lock where its owner has none, joined with those of the same type that it touches.
void RecordLocks::insert(File& file, const LockRange& range) {
  LockRange joined = range;
  std::erase_if(file.locks, [&](const LockRange& lock) {
    const bool touches = lock.pid == range.pid && lock.type == range.type &&
                         (lock.end == INT64_MAX || lock.end + 1 >= joined.start) &&
                         (joined.end == INT64_MAX || joined.end + 1 >= lock.start);
    if (touches) {
      joined.start = std::min(joined.start, lock.start);
      joined.end = std::max(joined.end, lock.end);
      --count_;
    }
    return touches;
  });
  const auto place = std::find_if(file.locks.begin(), file.locks.end(),
                                  [&](const LockRange& lock) { return lock.start > joined.start; });
  file.locks.insert(place, joined);
  ++count_;
}

// Whether `pid`, waiting for `holder`, would wait for itself in the end.
bool RecordLocks::would_deadlock(std::int32_t pid, std::int32_t holder) const {
  std::set<std::int32_t> seen;
  std::vector<std::int32_t> next{holder};
  while (!next.empty()) {
    const std::int32_t process = next.back();
    next.pop_back();
    if (process == pid) {
      return true;
    }
    if (!seen.insert(process).second) {
      continue;
    }
    for (const auto& [key, file] : files_) {
      for (const Waiting* waiting : file.waiting) {
        if (waiting->range.pid == process) {
          next.push_back(waiting->holder);
        }
      }
    }
  }
  return false;
}

std::int64_t RecordLocks::wait_in_family(File& file, const LockRange& range, std::int32_t holder,
                                         const Patience& patience, std::unique_lock<std::mutex>& mutex) {
  if (would_deadlock(range.pid, holder)) {
    return -EDEADLK;
  }
  if (!patience.may_block()) {
    return abi::result_must_exit;
  }
  Waiting waiting{range, holder};
  file.waiting.push_back(&waiting);
  const std::int64_t result = waiting.waiter.wait(mutex, patience);
  file.waiting.remove(&waiting);
  return result;
}

std::int64_t RecordLocks::lock(File& file, const LockRange& range, bool wait, const Patience& patience,
                               std::unique_lock<std::mutex>& mutex) {
  if (count_ >= max_locks) {
    return -ENOLCK;
  }
  for (;;) {
    if (const LockRange* held = conflict(file, range); held != nullptr) {
      const std::int64_t result = wait ? wait_in_family(file, range, held->pid, patience, mutex) : -EAGAIN;
      if (result != 0) {
        return result;
      }
      continue;
    }
    const std::int64_t result = host_lock(file.host->get(), range.type, range.start, range.end);
    if (result == 0) {
      release(file, range);
      insert(file, range);
      return 0;
    }
    if (result != -EAGAIN || !wait) {
      return result;
    }
    if (!patience.may_block()) {
      return abi::result_must_exit;
    }
    // A process outside the family has it. What the host grants meanwhile is only the turn: the family's own state may
    // have changed, and everything is looked at again.
    struct flock lock = to_flock(range.type, range.start, range.end);
    const std::shared_ptr<const UniqueFd> host = file.host;
    mutex.unlock();
    // SAFETY: an address as argument of fcntl(2); the lock outlives the call.
    const std::uint64_t arguments[6] = {
        static_cast<std::uint64_t>(host->get()), F_OFD_SETLKW, reinterpret_cast<std::uint64_t>(&lock), 0, 0, 0};
    const long granted = kx_interruptible_syscall(patience.kicked, SYS_fcntl, arguments);
    mutex.lock();
    if (granted != 0 || conflict(file, range) != nullptr) {
      sync_host(file, range.start, range.end);
    }
    if (granted != 0) {
      return granted;
    }
  }
}

std::int64_t RecordLocks::set(int fd, const LockRange& range, bool wait, const Patience& patience, int proc_fd) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) {
    return -errno;
  }
  std::unique_lock mutex(mutex_);
  const Key key{status.st_dev, status.st_ino};
  if (range.type == F_UNLCK && !files_.contains(key)) {
    return 0;
  }
  const Use file(*this, files_.try_emplace(key).first);
  if (const std::int64_t error = open_host_file(*file, fd, range.type, proc_fd); error != 0) {
    return error;
  }
  if (range.type != F_UNLCK) {
    return lock(*file, range, wait, patience, mutex);
  }
  release(*file, range);
  sync_host(*file, range.start, range.end);
  return 0;
}

std::int64_t RecordLocks::find_conflict(int fd, LockRange& range, int proc_fd) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) {
    return -errno;
  }
  const std::unique_lock mutex(mutex_);
  const auto found = files_.find({status.st_dev, status.st_ino});
  if (found != files_.end()) {
    if (const LockRange* held = conflict(found->second, range); held != nullptr) {
      range = *held;
      return 0;
    }
  }
  const Use file(*this, files_.try_emplace({status.st_dev, status.st_ino}).first);
  if (const std::int64_t error = open_host_file(*file, fd, F_UNLCK, proc_fd); error != 0) {
    return error;
  }
  struct flock lock = to_flock(range.type, range.start, range.end);
  if (::fcntl(file->host->get(), F_OFD_GETLK, &lock) != 0) {
    return -errno;
  }
  if (lock.l_type == F_UNLCK) {
    range.type = F_UNLCK;
    return 0;
  }
  // The number of a process of the host means nothing here.
  range = {lock.l_start, lock.l_len == 0 ? INT64_MAX : lock.l_start + lock.l_len - 1, lock.l_type,
           lock.l_pid == -1 ? -1 : 0};
  return 0;
}

bool RecordLocks::find_in_family(int fd, LockRange& range) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) {
    return false;
  }
  const std::unique_lock mutex(mutex_);
  const auto found = files_.find({status.st_dev, status.st_ino});
  const LockRange* held = found == files_.end() ? nullptr : conflict(found->second, range);
  if (held != nullptr) {
    range = *held;
  }
  return held != nullptr;
}

void RecordLocks::process_gone(std::int32_t pid) {
  const std::unique_lock mutex(mutex_);
  for (auto next = files_.begin(); next != files_.end();) {
    const Use file(*this, next++);
    const bool holds = std::any_of(file->locks.begin(), file->locks.end(), [&](const auto& l) { return l.pid == pid; });
    if (holds) {
      release(*file, {0, INT64_MAX, F_UNLCK, pid});
      sync_host(*file, 0, INT64_MAX);
    }
  }
}

}  // namespace kx::hv::ipc
