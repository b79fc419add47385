#include "hypervisor/ipc/shared_segments.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <kx/abi/memory_map.hpp>
#include <kx/base/address.hpp>
#include <utility>
#include <vector>

namespace kx::hv::ipc {

namespace {

constexpr std::uint64_t max_size = ~0ull - (1ull << 24);  // SHMMAX
constexpr std::uint64_t most_segments = 4096;
constexpr int huge_pages = 04000;  // SHM_HUGETLB

std::int64_t now() {
  return ::time(nullptr);
}

std::uint64_t in_pages(std::uint64_t size) {
  return align_up(size, abi::page_size);
}

}  // namespace

shmid_ds SharedSegments::Segment::describe() const {
  shmid_ds result{};
  result.shm_perm = permission.describe();
  result.shm_segsz = size;
  result.shm_atime = attach_time;
  result.shm_dtime = detach_time;
  result.shm_ctime = change_time;
  result.shm_cpid = creator;
  result.shm_lpid = last_pid;
  result.shm_nattch = attached;
  return result;
}

std::int64_t SharedSegments::make(const Caller& caller, const Permission& permission, std::uint64_t size,
                                  std::uint32_t flags, std::shared_ptr<Segment>& segment) {
  if (size < 1 || size > max_size) {
    return -EINVAL;
  }
  if ((flags & huge_pages) != 0) {
    return -ENOMEM;  // there is no pool of huge pages
  }
  if (in_pages(size) > limit_ || total_ > limit_ - in_pages(size)) {
    return -ENOSPC;
  }
  char name[16];
  std::snprintf(name, sizeof name, "SYSV%08x", static_cast<unsigned>(permission.key));
  UniqueFd memory(::memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!memory || ::ftruncate(memory.get(), static_cast<off_t>(in_pages(size))) != 0) {
    return -errno;
  }
  // Nobody can make it shorter under another's mapping.
  if (::fcntl(memory.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
    return -errno;
  }
  segment = std::make_shared<Segment>();
  segment->permission = permission;
  segment->memory = std::move(memory);
  segment->size = size;
  segment->creator = caller.pid;
  segment->change_time = now();
  total_ += in_pages(size);
  return 0;
}

std::int64_t SharedSegments::get(const Caller& caller, std::int32_t key, std::uint64_t size, std::uint32_t flags) {
  const std::lock_guard lock(mutex_);
  return segments_.get_or_make(
      caller, key, flags,
      [&](const Segment& segment) { return size > segment.size ? std::int64_t{-EINVAL} : std::int64_t{0}; },
      [&](const Permission& permission, std::shared_ptr<Segment>& segment) {
        return make(caller, permission, size, flags, segment);
      });
}

std::int64_t SharedSegments::attach(const Caller& caller, std::int64_t id, std::uint32_t flags, int proc_fd,
                                    UniqueFd& memory, std::uint64_t& size) {
  const std::lock_guard lock(mutex_);
  const auto segment = segments_.get(id);
  if (segment == nullptr) {
    return -EINVAL;
  }
  const bool read_only = (flags & SHM_RDONLY) != 0;
  const std::uint32_t wanted = may_read | (read_only ? 0 : may_write) | ((flags & SHM_EXEC) != 0 ? may_execute : 0);
  if (const std::int64_t error = segment->permission.check(caller, wanted); error != 0) {
    return error;
  }
  if (read_only) {
    char path[32];
    std::snprintf(path, sizeof path, "self/fd/%d", segment->memory.get());
    memory = UniqueFd(::openat(proc_fd, path, O_RDONLY | O_CLOEXEC));
  } else {
    memory = UniqueFd(::fcntl(segment->memory.get(), F_DUPFD_CLOEXEC, 3));
  }
  if (!memory) {
    return -errno;
  }
  ++segment->attachments[caller.pid];
  ++segment->attached;
  segment->last_pid = caller.pid;
  segment->attach_time = now();
  size = segment->size;
  return 0;
}

bool SharedSegments::drop(Segment& segment, std::int32_t pid, std::uint32_t count) {
  segment.attached -= count;
  segment.last_pid = pid;
  segment.detach_time = now();
  return segment.attached == 0 && (segment.permission.mode & SHM_DEST) != 0;
}

std::int64_t SharedSegments::detach(std::int32_t pid, std::int64_t id) {
  const std::lock_guard lock(mutex_);
  const auto segment = segments_.get(id);
  if (segment == nullptr) {
    return -EINVAL;
  }
  const auto mine = segment->attachments.find(pid);
  if (mine == segment->attachments.end()) {
    return -EINVAL;
  }
  if (--mine->second == 0) {
    segment->attachments.erase(mine);
  }
  if (drop(*segment, pid, 1)) {
    remove(id, *segment);
  }
  return 0;
}

void SharedSegments::process_forked(std::int32_t parent, std::int32_t child) {
  const std::lock_guard lock(mutex_);
  segments_.for_each([&](std::int64_t, Segment& segment) {
    if (const auto mine = segment.attachments.find(parent); mine != segment.attachments.end()) {
      const std::uint32_t count = mine->second;
      segment.attachments[child] += count;
      segment.attached += count;
      segment.last_pid = child;
      segment.attach_time = now();
    }
  });
}

void SharedSegments::process_gone(std::int32_t pid) {
  const std::lock_guard lock(mutex_);
  std::vector<std::int64_t> finished;
  segments_.for_each([&](std::int64_t id, Segment& segment) {
    if (const auto mine = segment.attachments.find(pid); mine != segment.attachments.end()) {
      const std::uint32_t count = mine->second;
      segment.attachments.erase(mine);
      if (drop(segment, pid, count)) {
        finished.push_back(id);
      }
    }
  });
  for (const std::int64_t id : finished) {
    remove(id, *segments_.get(id));
  }
}

void SharedSegments::remove(std::int64_t id, const Segment& segment) {
  total_ -= in_pages(segment.size);
  segments_.remove(id);
}

std::int64_t SharedSegments::control(const Caller& caller, std::int64_t id, int command, SegmentControl& data) {
  if (id < 0 || command < 0) {
    return -EINVAL;
  }
  const std::lock_guard lock(mutex_);
  switch (command) {
    case IPC_INFO:
    case SHM_INFO:
      return information(command, data);
    case IPC_STAT:
    case SHM_STAT:
    case SHM_STAT_ANY:
      return status(caller, id, command, data.segment);
    case IPC_SET:
    case IPC_RMID:
    case SHM_LOCK:
    case SHM_UNLOCK:
      return change(caller, id, command, data.segment);
    default:
      return -EINVAL;
  }
}

std::int64_t SharedSegments::information(int command, SegmentControl& out) {
  if (command == IPC_INFO) {
    out.limits = {};
    out.limits.shmmax = max_size;
    out.limits.shmmin = 1;
    out.limits.shmmni = most_segments;
    out.limits.shmseg = most_segments;
    out.limits.shmall = max_size;
    return segments_.highest_index();
  }
  out.usage = {};
  out.usage.used_ids = static_cast<int>(segments_.count());
  out.usage.shm_tot = total_ / abi::page_size;
  segments_.for_each([&](std::int64_t, const Segment& segment) {
    struct stat status {};
    if (::fstat(segment.memory.get(), &status) == 0) {
      out.usage.shm_rss += static_cast<unsigned long>(status.st_blocks) * 512 / abi::page_size;
    }
  });
  return segments_.highest_index();
}

std::int64_t SharedSegments::status(const Caller& caller, std::int64_t id, int command, shmid_ds& out) {
  const auto segment = command == IPC_STAT ? segments_.get(id) : segments_.at_index(id);
  if (segment == nullptr) {
    return -EINVAL;
  }
  if (command != SHM_STAT_ANY) {
    if (const std::int64_t error = segment->permission.check(caller, may_read); error != 0) {
      return error;
    }
  }
  out = segment->describe();
  return command == IPC_STAT ? 0 : segments_.id_at(id);
}

std::int64_t SharedSegments::change(const Caller& caller, std::int64_t id, int command, const shmid_ds& in) {
  const auto segment = segments_.get(id);
  if (segment == nullptr) {
    return -EINVAL;
  }
  Permission& permission = segment->permission;
  if (const std::int64_t error = permission.check_owner(caller); error != 0) {
    return error;
  }
  switch (command) {
    case SHM_LOCK:  // memory of the host's is not locked; the mark is kept
      permission.mode |= SHM_LOCKED;
      return 0;
    case SHM_UNLOCK:
      permission.mode &= ~static_cast<std::uint32_t>(SHM_LOCKED);
      return 0;
    case IPC_SET: {
      const std::int64_t error = permission.set(in.shm_perm);
      segment->change_time = error == 0 ? now() : segment->change_time;
      return error;
    }
    default:
      break;
  }
  if (segment->attached == 0) {
    remove(id, *segment);
  } else {
    // Lives on until the last one detaches; the key is free.
    permission.mode |= SHM_DEST;
    permission.key = IPC_PRIVATE;
  }
  return 0;
}

}  // namespace kx::hv::ipc
