// A thread that waits for another one of the family: a futex of its own, so that a kick of its vCPU ends the wait.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>

namespace kx::hv::ipc {

// How long a call may wait.
struct Patience {
  const std::uint32_t* kicked = nullptr;     // of the vCPU (interruptible.hpp); null: must not wait at all
  std::optional<std::uint64_t> deadline_ns;  // CLOCK_MONOTONIC

  [[nodiscard]] bool may_block() const { return kicked != nullptr; }
};

class Waiter {
 public:
  Waiter() = default;
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;

  // Releases `lock`, sleeps, takes it again. The result is wake()'s; without one -EINTR after a kick and -EAGAIN after
  // the deadline: then the caller takes itself off the list it waits on. patience.may_block() must hold.
  std::int64_t wait(std::unique_lock<std::mutex>& lock, const Patience& patience);

  // Ends the wait with `result`. The caller holds the mutex of wait() and has taken the waiter off its list: it may be
  // gone as soon as the mutex is free.
  void wake(std::int64_t result);

 private:
  std::uint32_t woken_ = 0;
  std::int64_t result_ = 0;
};

// The deadline `timeout_ns` from now on.
std::uint64_t deadline_after(std::uint64_t timeout_ns);

}  // namespace kx::hv::ipc
