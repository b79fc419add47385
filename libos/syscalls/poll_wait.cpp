#include "syscalls/poll_wait.hpp"

#include <sys/time.h>

#include <atomic>
#include <ctime>

#include "mm/address_space.hpp"
#include "process/clock.hpp"
#include "signals/signals.hpp"

namespace kx::libos {

namespace {

constexpr u64 longest_seconds = 1ull << 32;  // beyond, a limit is as good as none

Deadline deadline_of(u64 seconds, u64 ns) {
  return seconds > longest_seconds ? Deadline() : Deadline::after(seconds * second_ns + ns);
}

}  // namespace

Deadline Deadline::after(u64 ns) {
  Deadline deadline;
  deadline.at_ns_ = ns == 0 ? 0 : monotonic_ns() + ns;
  return deadline;
}

i64 Deadline::remaining_ns() const {
  if (is_forever()) {
    return -1;
  }
  if (at_ns_ == 0) {
    return 0;
  }
  const u64 now = monotonic_ns();
  return now >= at_ns_ ? 0 : static_cast<i64>(at_ns_ - now);
}

i64 WaitMask::set(u64 address, u64 size) {
  if (address == 0) {
    return 0;
  }
  u64 mask = 0;
  if (size != sizeof mask) {
    return -EINVAL;
  }
  if (!read_user(mask, address)) {
    return -EFAULT;
  }
  active_ = true;
  TemporaryMask{mask & ~unblockable_signals};
  return 0;
}

i64 WaitMask::finish(i64 result) {
  if (active_) {
    active_ = false;
    TemporaryMask::finish(result);
  }
  return result;
}

bool signal_arrived() {
  absorb_pending();
  return (std::atomic_ref(vcpu_page().pending).load(std::memory_order_seq_cst) & abi::pending_signal) != 0;
}

i64 read_timespec(u64 address, Deadline& deadline) {
  timespec value{};
  if (address == 0) {
    return 0;
  }
  if (!read_user(value, address)) {
    return -EFAULT;
  }
  if (value.tv_sec < 0 || value.tv_nsec < 0 || static_cast<u64>(value.tv_nsec) >= second_ns) {
    return -EINVAL;
  }
  deadline = deadline_of(static_cast<u64>(value.tv_sec), static_cast<u64>(value.tv_nsec));
  return 0;
}

i64 read_timeval(u64 address, Deadline& deadline) {
  timeval value{};
  if (address == 0) {
    return 0;
  }
  if (!read_user(value, address)) {
    return -EFAULT;
  }
  const i64 seconds = value.tv_sec + value.tv_usec / 1'000'000;  // select(2) accepts a second and more here
  if (seconds < 0 || value.tv_usec < 0) {
    return -EINVAL;
  }
  deadline = deadline_of(static_cast<u64>(seconds), static_cast<u64>(value.tv_usec % 1'000'000) * 1000);
  return 0;
}

void write_timespec(u64 address, const Deadline& deadline) {
  if (address != 0 && !deadline.is_forever()) {
    const i64 left = deadline.remaining_ns();
    constexpr auto unit = static_cast<i64>(second_ns);
    write_user(address, timespec{left / unit, left % unit});
  }
}

void write_timeval(u64 address, const Deadline& deadline) {
  if (address != 0 && !deadline.is_forever()) {
    const i64 left = deadline.remaining_ns() / 1000;
    write_user(address, ::timeval{left / 1'000'000, left % 1'000'000});
  }
}

}  // namespace kx::libos
