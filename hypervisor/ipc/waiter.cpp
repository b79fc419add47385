#include "hypervisor/ipc/waiter.hpp"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <climits>
#include <kx/abi/result.hpp>

#include "hypervisor/monotonic.hpp"
#include "hypervisor/vcpu/interruptible.hpp"

namespace kx::hv::ipc {

namespace {

constexpr std::uint64_t second_ns = 1'000'000'000;

}  // namespace

std::int64_t Waiter::wait(std::unique_lock<std::mutex>& lock, const Patience& patience) {
  lock.unlock();
  timespec until{};
  if (patience.deadline_ns) {
    until = {static_cast<time_t>(*patience.deadline_ns / second_ns),
             static_cast<long>(*patience.deadline_ns % second_ns)};
  }
  // SAFETY: addresses as arguments of futex(2); the word and the time outlive the call.
  const std::uint64_t arguments[6] = {reinterpret_cast<std::uint64_t>(&woken_),
                                      FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG,
                                      0,
                                      patience.deadline_ns ? reinterpret_cast<std::uint64_t>(&until) : 0,
                                      0,
                                      FUTEX_BITSET_MATCH_ANY};
  std::int64_t ended = 0;
  while (ended == 0 && std::atomic_ref(woken_).load(std::memory_order_acquire) == 0) {
    const long result = kx_interruptible_syscall(patience.kicked, SYS_futex, arguments);
    if (result == -EINTR || result == abi::result_not_begun) {
      ended = -EINTR;
    } else if (result == -ETIMEDOUT) {
      ended = -EAGAIN;
    }
  }
  lock.lock();
  return woken_ != 0 ? result_ : ended;
}

void Waiter::wake(std::int64_t result) {
  result_ = result;
  std::atomic_ref(woken_).store(1, std::memory_order_release);
  ::syscall(SYS_futex, &woken_, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1);
}

std::uint64_t deadline_after(std::uint64_t timeout_ns) {
  const std::uint64_t now_ns = monotonic_ns();
  return std::min<std::uint64_t>(timeout_ns, INT64_MAX - now_ns) + now_ns;
}

}  // namespace kx::hv::ipc
