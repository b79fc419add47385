// System V shared memory: shmget(2), shmat(2), shmctl(2). A segment is a memory file of the host, which the pVMs map.
#pragma once

#include <sys/shm.h>

#include <cstdint>
#include <map>
#include <mutex>

#include "hypervisor/ipc/id_table.hpp"
#include "hypervisor/unique_fd.hpp"

namespace kx::hv::ipc {

// What the commands of shmctl(2) read or write.
union SegmentControl {
  shmid_ds segment;
  shminfo limits;
  shm_info usage;
};

// All of a family's. Thread-safe. Results are >= 0 or -errno.
class SharedSegments {
 public:
  // Segments may have `limit` bytes in all.
  explicit SharedSegments(std::uint64_t limit) : limit_(limit) {}

  std::int64_t get(const Caller& caller, std::int32_t key, std::uint64_t size, std::uint32_t flags);
  // Counts an attachment of the caller's process; its descriptor and size. `proc_fd` is a procfs (or -1), by which a
  // descriptor for reading alone is made.
  std::int64_t attach(const Caller& caller, std::int64_t id, std::uint32_t flags, int proc_fd, UniqueFd& memory,
                      std::uint64_t& size);
  std::int64_t detach(std::int32_t pid, std::int64_t id);
  std::int64_t control(const Caller& caller, std::int64_t id, int command, SegmentControl& data);

  // A child has its parent's attachments.
  void process_forked(std::int32_t parent, std::int32_t child);
  // A process has ended, or has another program now: it has no attachments.
  void process_gone(std::int32_t pid);

 private:
  struct Segment {
    Permission permission;
    UniqueFd memory;
    std::uint64_t size = 0;
    std::map<std::int32_t, std::uint32_t> attachments{};  // by process
    std::uint64_t attached = 0;
    std::int64_t attach_time = 0, detach_time = 0, change_time = 0;
    std::int32_t creator = 0, last_pid = 0;

    [[nodiscard]] shmid_ds describe() const;
  };

  std::int64_t make(const Caller& caller, const Permission& permission, std::uint64_t size, std::uint32_t flags,
                    std::shared_ptr<Segment>& segment);
  std::int64_t information(int command, SegmentControl& out);
  std::int64_t status(const Caller& caller, std::int64_t id, int command, shmid_ds& out);
  std::int64_t change(const Caller& caller, std::int64_t id, int command, const shmid_ds& in);
  void remove(std::int64_t id, const Segment& segment);
  // True if the segment is to go, now that nobody has it attached.
  static bool drop(Segment& segment, std::int32_t pid, std::uint32_t count);

  std::uint64_t limit_;
  std::mutex mutex_;
  IdTable<Segment> segments_{4096};  // SHMMNI
  std::uint64_t total_ = 0;          // whole pages
};

}  // namespace kx::hv::ipc
