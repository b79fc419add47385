// Record locks of processes (fcntl(2), F_SETLK): kept by process within the family, and held on the host for it as one.
#pragma once

#include <fcntl.h>
#include <sys/types.h>

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "hypervisor/ipc/waiter.hpp"
#include "hypervisor/unique_fd.hpp"

namespace kx::hv::ipc {

// A request, its range absolute and inclusive.
struct LockRange {
  std::int64_t start = 0;
  std::int64_t end = 0;  // INT64_MAX: to the end of the file, however long it gets
  short type = F_UNLCK;  // F_RDLCK, F_WRLCK, F_UNLCK
  std::int32_t pid = 0;  // the owner; of a lock that is found: 0 for a process outside, -1 for an open file
};

// The range a struct flock means for the open file `fd`. -EINVAL, -EOVERFLOW, -EBADF (the file is not open for that).
std::int64_t lock_range(int fd, const struct flock& lock, LockRange& range);

// A family's locks. The host kernel sees one owner, an open file description of our own for each locked file: it holds
// the union of the family's locks, so that other processes conflict with each of them. Thread-safe.
class RecordLocks {
 public:
  // Sets or removes a lock on the file `fd`. `wait`: F_SETLKW. `proc_fd` is a procfs or -1. 0; -EAGAIN, -EDEADLK,
  // -EINTR, -ENOLCK; abi::result_must_exit if it has to wait and must not.
  std::int64_t set(int fd, const LockRange& range, bool wait, const Patience& patience, int proc_fd);
  // F_GETLK: replaces `range` by the first lock that is in its way; its type becomes F_UNLCK if there is none.
  std::int64_t find_conflict(int fd, LockRange& range, int proc_fd);
  // The same among the family's locks alone. False: none is in its way.
  bool find_in_family(int fd, LockRange& range);
  // The locks of a process that has ended.
  void process_gone(std::int32_t pid);

 private:
  static constexpr std::size_t max_locks = 1 << 16;

  struct Waiting {
    LockRange range;
    std::int32_t holder;
    Waiter waiter{};
  };
  // A file with locks, or with somebody who wants one.
  struct File {
    std::shared_ptr<const UniqueFd> host;  // the description that holds the host's locks
    bool writable = false;                 // what it is open for
    bool readable = false;
    std::vector<LockRange> locks;  // those of one owner never overlap; by start
    std::list<Waiting*> waiting;
    int users = 0;  // calls in progress
  };
  using Key = std::pair<dev_t, ino_t>;
  using Files = std::map<Key, File>;

  // Holds a file's entry for a call; the entry goes when nothing is left in it.
  class Use {
   public:
    Use(RecordLocks& locks, Files::iterator file) : locks_(locks), file_(file) { ++file_->second.users; }
    ~Use();
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;
    File* operator->() const { return &file_->second; }
    File& operator*() const { return file_->second; }

   private:
    RecordLocks& locks_;
    Files::iterator file_;
  };

  std::int64_t open_host_file(File& file, int fd, short type, int proc_fd);
  std::int64_t lock(File& file, const LockRange& range, bool wait, const Patience& patience,
                    std::unique_lock<std::mutex>& mutex);
  std::int64_t wait_in_family(File& file, const LockRange& range, std::int32_t holder, const Patience& patience,
                              std::unique_lock<std::mutex>& mutex);
  void release(File& file, const LockRange& range);
  void insert(File& file, const LockRange& range);
  void sync_host(const File& file, std::int64_t start, std::int64_t end) const;
  [[nodiscard]] bool would_deadlock(std::int32_t pid, std::int32_t holder) const;
  static const LockRange* conflict(const File& file, const LockRange& range);

  std::mutex mutex_;
  Files files_;
  std::size_t count_ = 0;
};

}  // namespace kx::hv::ipc
