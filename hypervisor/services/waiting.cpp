// Host calls that wait: for readiness, for a futex, for a point in time; and the arming of timers.
#include <linux/futex.h>
#include <poll.h>
#include <sys/syscall.h>
#include <time.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <vector>

#include "hypervisor/ipc/waiter.hpp"
#include "hypervisor/services/call_support.hpp"
#include "hypervisor/services/timers.hpp"

namespace kx::hv {

namespace {

constexpr std::uint64_t second_ns = 1'000'000'000;

// How often anybody of the family had waiters moved from one futex to another.
std::atomic<std::uint32_t> requeues = 0;

timespec to_timespec(std::uint64_t ns) {
  return {static_cast<time_t>(ns / second_ns), static_cast<long>(ns % second_ns)};
}

// The descriptors of a Poll call, held open while it waits.
struct PollSet {
  std::vector<pollfd> fds;
  std::vector<HandleTable::File> files;
  std::vector<std::size_t> invalid;  // entries whose handle does not exist

  std::int64_t read(const CallContext& context, std::uint64_t offset, std::uint64_t count);
  void write(const CallContext& context, std::uint64_t offset) const;
};

std::int64_t PollSet::read(const CallContext& context, std::uint64_t offset, std::uint64_t count) {
  if (count > context.buffer.size() / sizeof(abi::PollEntry)) {
    return -EINVAL;
  }
  const std::byte* from = buffer_at(context, offset, count * sizeof(abi::PollEntry));
  if (from == nullptr) {
    return -EFAULT;
  }
  fds.resize(count);
  files.resize(count);
  for (std::size_t i = 0; i < count; ++i) {
    abi::PollEntry entry;
    copy_once(&entry, from + i * sizeof(entry), sizeof(entry));
    fds[i] = {-1, entry.events, 0};
    if (entry.handle < 0) {
      continue;  // poll(2): ignored
    }
    files[i] = context.services.handles.get_to_wait(static_cast<std::uint64_t>(entry.handle));
    if (files[i] != nullptr) {
      fds[i].fd = files[i]->get();
    } else {
      invalid.push_back(i);
    }
  }
  return 0;
}

void PollSet::write(const CallContext& context, std::uint64_t offset) const {
  std::byte* to = context.buffer.data() + offset;
  for (std::size_t i = 0; i < fds.size(); ++i) {
    std::memcpy(to + i * sizeof(abi::PollEntry) + offsetof(abi::PollEntry, revents), &fds[i].revents,
                sizeof(fds[i].revents));
  }
}

}  // namespace

std::int64_t serve_poll(CallContext& context, Call& call) {
  PollSet set;
  if (const std::int64_t error = set.read(context, call.args[0], call.args[1]); error != 0) {
    return error;
  }
  const auto timeout_ns = static_cast<std::int64_t>(call.args[2]);
  const bool may_wait = set.invalid.empty() && timeout_ns != 0;
  timespec timeout{};
  if (may_wait && context.may_block()) {
    timeout = to_timespec(static_cast<std::uint64_t>(std::max<std::int64_t>(timeout_ns, 0)));
  }
  const bool forever = may_wait && context.may_block() && timeout_ns < 0;
  const SyscallArgs args{address_of(set.fds.data()), set.fds.size(), forever ? 0 : address_of(&timeout), 0, 0};
  std::int64_t ready =
      may_wait && context.may_block() ? host_syscall_blocking(context, SYS_ppoll, args) : host_syscall(SYS_ppoll, args);
  if (ready == -EINTR) {
    // What was ready is told, whenever the kick came.
    const timespec at_once{};
    const std::int64_t found = host_syscall(SYS_ppoll, {args[0], args[1], address_of(&at_once), 0, 0});
    ready = found > 0 ? found : ready;
  }
  if (ready < 0) {
    return ready;
  }
  if (ready == 0 && may_wait && !context.may_block()) {
    return abi::result_must_exit;
  }
  for (const std::size_t i : set.invalid) {
    set.fds[i].revents = POLLNVAL;
    ++ready;
  }
  set.write(context, call.args[0]);
  return ready;
}

std::int64_t serve_futex_wait(CallContext& context, Call& call) {
  const Gpa word{call.args[0]};
  const auto expected = static_cast<std::uint32_t>(call.args[1]);
  const std::uint64_t flags = call.args[4];
  const bool absolute = (flags & abi::futex_wait_absolute) != 0;
  const bool realtime = (flags & abi::futex_wait_realtime) != 0;
  const std::byte* memory = context.services.memory.translate_to_read(word, sizeof(std::uint32_t));
  if (memory == nullptr) {
    return -EFAULT;
  }
  if (!is_aligned(word.value, sizeof(std::uint32_t)) || (realtime && !absolute)) {
    return -EINVAL;
  }
  // Only RAM is private to the process; a file mapping may be waited on by others.
  const bool is_ram = word.value < abi::memory_gpa_end;
  if (!context.may_block()) {
    // SAFETY: aligned guest RAM, only read.
    const bool changed =
        is_ram && __atomic_load_n(reinterpret_cast<const std::uint32_t*>(memory), __ATOMIC_SEQ_CST) != expected;
    return changed ? -EAGAIN : abi::result_must_exit;
  }
  timespec timeout{};
  const bool forever = static_cast<std::int64_t>(call.args[3]) < 0;
  if (!forever) {
    std::uint64_t until_ns = call.args[3];
    if (!absolute) {
      until_ns = ipc::deadline_after(until_ns);
    }
    timeout = to_timespec(until_ns);
  }
  const std::uint64_t operation = static_cast<std::uint64_t>(FUTEX_WAIT_BITSET) | (is_ram ? FUTEX_PRIVATE_FLAG : 0) |
                                  (realtime ? FUTEX_CLOCK_REALTIME : 0);
  const std::uint32_t requeues_before = requeues.load(std::memory_order_seq_cst);
  const std::int64_t result = host_syscall_blocking(
      context, SYS_futex,
      {address_of(memory), operation, expected, forever ? 0 : address_of(&timeout), 0, call.args[2] & UINT32_MAX});
  // SAFETY: aligned guest RAM, only read.
  if (result == -EINTR && is_ram &&
      __atomic_load_n(reinterpret_cast<const std::uint32_t*>(memory), __ATOMIC_SEQ_CST) != expected) {
    return -EAGAIN;
  }
  // Whoever may have been moved must not wait for the first word again: a wake without a cause, which futex(2) allows.
  return result == -EINTR && requeues.load(std::memory_order_seq_cst) != requeues_before ? 0 : result;
}

std::int64_t serve_futex_wake(CallContext& context, Call& call) {
  const Gpa word{call.args[0]};
  const std::byte* memory = context.services.memory.translate_to_read(word, sizeof(std::uint32_t));
  if (memory == nullptr) {
    return -EFAULT;
  }
  const bool is_ram = word.value < abi::memory_gpa_end;
  const std::uint64_t operation = static_cast<std::uint64_t>(FUTEX_WAKE_BITSET) | (is_ram ? FUTEX_PRIVATE_FLAG : 0);
  const std::uint64_t count = std::min<std::uint64_t>(call.args[1], INT32_MAX);
  return host_syscall(SYS_futex, {address_of(memory), operation, count, 0, 0, call.args[2] & UINT32_MAX});
}

std::int64_t serve_futex_requeue(CallContext& context, Call& call) {
  const Gpa from{call.args[0]}, to{call.args[1]};
  const GuestMemory& memory = context.services.memory;
  const std::byte* first = memory.translate_to_read(from, sizeof(std::uint32_t));
  const std::byte* second = memory.translate_to_read(to, sizeof(std::uint32_t));
  if (first == nullptr || second == nullptr) {
    return -EFAULT;
  }
  // To the host, words of RAM and of file mappings are of two kinds between which nobody is moved: they wake up.
  const bool is_ram = from.value < abi::memory_gpa_end;
  const bool moves = is_ram == (to.value < abi::memory_gpa_end);
  const bool compares = (call.args[4] & abi::futex_requeue_compares) != 0;
  const auto limited = [](std::uint64_t count) { return std::min<std::uint64_t>(count & UINT32_MAX, INT32_MAX); };
  const std::uint64_t woken = limited(call.args[2]), moved = limited(call.args[2] >> 32);
  const std::uint64_t operation =
      static_cast<std::uint64_t>(compares ? FUTEX_CMP_REQUEUE : FUTEX_REQUEUE) | (is_ram ? FUTEX_PRIVATE_FLAG : 0);
  requeues.fetch_add(1, std::memory_order_seq_cst);
  return host_syscall(SYS_futex, {address_of(first), operation, moves ? woken : limited(woken + moved),
                                  moves ? moved : 0, address_of(second), call.args[3] & UINT32_MAX});
}

std::int64_t serve_timer_arm(CallContext& context, Call& call) {
  if (context.services.timers == nullptr) {
    return -ENOSYS;
  }
  if (call.args[0] >= abi::max_timers || call.args[4] > UINT32_MAX) {
    return -EINVAL;
  }
  return context.services.timers->arm(static_cast<std::uint32_t>(call.args[0]), static_cast<int>(call.args[1]),
                                      call.args[2], call.args[3], static_cast<std::uint32_t>(call.args[4]));
}

}  // namespace kx::hv
