// poll(2) and select(2): waiting for several files.
#include <poll.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "files/fd_table.hpp"
#include "host/host_call.hpp"
#include "mm/address_space.hpp"
#include "mm/heap.hpp"
#include "mm/tlb.hpp"
#include "process/limits.hpp"
#include "syscalls/dispatch.hpp"
#include "syscalls/poll_wait.hpp"

namespace kx::libos {

namespace {

constexpr u32 limit_files = 7;  // RLIMIT_NOFILE
constexpr u64 most_entries = fault_buffer_offset / sizeof(abi::PollEntry);
using i16 = std::int16_t;

constexpr i64 ns_per_ms = 1'000'000;

// A block of the heap for the length of a call.
template <class T>
class Block {
 public:
  explicit Block(u64 count)
      : size_(std::max<u64>(count, 1) * sizeof(T)), data_(static_cast<T*>(heap_allocate(size_))) {}
  ~Block() {
    if (data_ != nullptr) {
      heap_free(data_, size_);
    }
  }
  Block(const Block&) = delete;
  Block& operator=(const Block&) = delete;
  [[nodiscard]] T* data() const { return data_; }
  T& operator[](u64 index) const { return data_[index]; }

 private:
  u64 size_;
  T* data_;
};

// The handle to ask about, and of the events those that can come.
i64 handle_of(i32 fd, i16& events) {
  const FileRef file = FdTable::instance().get(static_cast<u64>(fd));
  if (file && file->kind() == FileKind::Signal) {
    // On the host it is an eventfd, which can be written.
    events = static_cast<i16>(events & ~(POLLOUT | POLLWRNORM | POLLWRBAND));
  }
  return file ? static_cast<i64>(file->handle()) : -1;
}

// Asks the host about the entries until one is ready; their results are in the call buffer afterwards.
i64 poll_host(const abi::PollEntry* entries, u64 count, const Deadline& deadline) {
  bool first = true;
  return wait_until(deadline, [&](i64 remaining_ns) -> i64 {
    std::memcpy(call_buffer(), entries, count * sizeof *entries);
    // What is ready counts more than a signal that waits; a signal counts more than sleeping.
    if (first && vcpu_page().pending != 0) {
      first = false;
      const i64 ready = host_call(abi::HostCall::Poll, CallKind::Quick, 0, count, 0);
      if (ready != 0) {
        return ready;
      }
      return -EINTR;
    }
    const IdleSection idle;
    return host_call(abi::HostCall::Poll, CallKind::Quick, 0, count, static_cast<u64>(remaining_ns));
  });
}

i64 do_poll(u64 address, u64 count, const Deadline& deadline) {
  if (count > resource_limit(limit_files)) {
    return -EINVAL;
  }
  if (count > most_entries) {
    return -ENOMEM;
  }
  Block<pollfd> fds(count);
  Block<abi::PollEntry> entries(count);
  if (fds.data() == nullptr || entries.data() == nullptr) {
    return -ENOMEM;
  }
  if (!copy_from_user(fds.data(), address, count * sizeof(pollfd))) {
    return -EFAULT;
  }
  i64 invalid = 0;
  for (u64 i = 0; i < count; ++i) {
    fds[i].revents = 0;
    entries[i] = {-1, fds[i].events, 0};
    if (fds[i].fd >= 0) {
      entries[i].handle = static_cast<i32>(handle_of(fds[i].fd, entries[i].events));
      if (entries[i].handle < 0) {
        fds[i].revents = POLLNVAL;
        ++invalid;
      }
    }
  }
  i64 ready = poll_host(entries.data(), count, invalid != 0 ? Deadline::after(0) : deadline);
  const bool has_results = ready >= 0;
  ready = ready == -EINTR && invalid != 0 ? 0 : ready;
  if (ready < 0 && ready != -EINTR) {
    return ready;
  }
  if (has_results) {
    std::memcpy(entries.data(), call_buffer(), count * sizeof(abi::PollEntry));
  }
  for (u64 i = 0; i < count; ++i) {
    fds[i].revents |= entries[i].handle >= 0 ? entries[i].revents : i16{0};
  }
  for (u64 i = 0; i < count; ++i) {
    if (!copy_to_user(address + i * sizeof(pollfd) + offsetof(pollfd, revents), &fds[i].revents,
                      sizeof fds[i].revents)) {
      return -EFAULT;
    }
  }
  return ready < 0 ? ready : ready + invalid;
}

// A result of poll or select as the dispatcher wants it.
i64 restartable(i64 result) {
  return interrupted(result, restart_without_handler);
}

i64 call_poll(Context& context) {
  const auto timeout_ms = static_cast<i32>(context.rdx);
  const Deadline deadline = timeout_ms < 0 ? Deadline() : Deadline::after(static_cast<u64>(timeout_ms * ns_per_ms));
  return restartable(do_poll(context.rdi, static_cast<u32>(context.rsi), deadline));
}

i64 call_ppoll(Context& context) {
  Deadline deadline;
  if (const i64 result = read_timespec(context.rdx, deadline); result != 0) {
    return result;
  }
  WaitMask mask;
  if (const i64 result = mask.set(context.r10, context.r8); result != 0) {
    return result;
  }
  const i64 result = do_poll(context.rdi, static_cast<u32>(context.rsi), deadline);
  write_timespec(context.rdx, deadline);
  return mask.finish(restartable(result));
}

// The three sets of select(2).
constexpr u64 most_selected = 4096;
constexpr u64 set_words = most_selected / 64;
constexpr i16 set_events[3] = {POLLIN | POLLRDNORM | POLLRDBAND, POLLOUT | POLLWRNORM | POLLWRBAND, POLLPRI};
constexpr i16 set_results[3] = {POLLIN | POLLRDNORM | POLLRDBAND | POLLHUP | POLLERR,
                                POLLOUT | POLLWRNORM | POLLWRBAND | POLLERR, POLLPRI};

struct SelectSets {
  u64 words[3][set_words] = {};

  [[nodiscard]] bool has(u32 set, u64 fd) const { return (words[set][fd / 64] >> (fd % 64) & 1) != 0; }
  void add(u32 set, u64 fd) { words[set][fd / 64] |= 1ull << (fd % 64); }
};

// Entries for all descriptors that are in a set, in order. Their count or -EBADF.
i64 collect(const SelectSets& sets, u64 limit, abi::PollEntry* entries) {
  u64 count = 0;
  for (u64 fd = 0; fd < limit; ++fd) {
    i16 events = 0;
    for (u32 set = 0; set < 3; ++set) {
      events = static_cast<i16>(events | (sets.has(set, fd) ? set_events[set] : 0));
    }
    if (events == 0) {
      continue;
    }
    const i64 handle = handle_of(static_cast<i32>(fd), events);
    if (handle < 0) {
      return -EBADF;
    }
    if (count == most_entries) {
      return -ENOMEM;
    }
    entries[count++] = {static_cast<i32>(handle), events, 0};
  }
  return static_cast<i64>(count);
}

i64 do_select(u64 limit, const u64 (&addresses)[3], const Deadline& deadline) {
  if (static_cast<i32>(limit) < 0) {
    return -EINVAL;
  }
  // As Linux: descriptors beyond the table there is are not looked at.
  limit = std::min({static_cast<u64>(static_cast<u32>(limit)), most_selected, FdTable::instance().capacity()});
  const u64 bytes = (limit + 63) / 64 * 8;
  SelectSets asked, ready;
  for (u32 set = 0; set < 3; ++set) {
    if (addresses[set] != 0 && !copy_from_user(asked.words[set], addresses[set], bytes)) {
      return -EFAULT;
    }
  }
  Block<abi::PollEntry> entries(std::min(limit, most_entries));
  if (entries.data() == nullptr) {
    return -ENOMEM;
  }
  const i64 count = collect(asked, limit, entries.data());
  if (count < 0) {
    return count;
  }
  if (const i64 result = poll_host(entries.data(), static_cast<u64>(count), deadline); result < 0) {
    return result;
  }
  std::memcpy(entries.data(), call_buffer(), static_cast<u64>(count) * sizeof(abi::PollEntry));
  i64 total = 0;
  for (u64 fd = 0, i = 0; fd < limit && i < static_cast<u64>(count); ++fd) {
    bool is_entry = false;
    for (u32 set = 0; set < 3; ++set) {
      if (asked.has(set, fd)) {
        is_entry = true;
        if ((entries[i].revents & set_results[set]) != 0) {
          ready.add(set, fd);
          ++total;
        }
      }
    }
    i += is_entry ? 1 : 0;
  }
  for (u32 set = 0; set < 3; ++set) {
    if (addresses[set] != 0 && !copy_to_user(addresses[set], ready.words[set], bytes)) {
      return -EFAULT;
    }
  }
  return total;
}

i64 call_select(Context& context) {
  Deadline deadline;
  if (const i64 result = read_timeval(context.r8, deadline); result != 0) {
    return result;
  }
  const i64 result = do_select(context.rdi, {context.rsi, context.rdx, context.r10}, deadline);
  write_timeval(context.r8, deadline);
  return restartable(result);
}

i64 call_pselect6(Context& context) {
  Deadline deadline;
  if (const i64 result = read_timespec(context.r8, deadline); result != 0) {
    return result;
  }
  struct {
    u64 address;
    u64 size;
  } set{};
  if (context.r9 != 0 && !copy_from_user(&set, context.r9, sizeof set)) {
    return -EFAULT;
  }
  WaitMask mask;
  if (const i64 result = mask.set(set.address, set.size); result != 0) {
    return result;
  }
  const i64 result = do_select(context.rdi, {context.rsi, context.rdx, context.r10}, deadline);
  write_timespec(context.r8, deadline);
  return mask.finish(restartable(result));
}

constexpr SyscallEntry entries[] = {
    {SYS_poll, call_poll},
    {SYS_ppoll, call_ppoll},
    {SYS_select, call_select},
    {SYS_pselect6, call_pselect6},
};

}  // namespace

std::span<const SyscallEntry> poll_calls() {
  return entries;
}

}  // namespace kx::libos
