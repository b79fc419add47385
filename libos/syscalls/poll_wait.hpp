// What poll, select and epoll_wait share: deadlines and the signal mask they set while they wait.
#pragma once

#include <cerrno>

#include "arch/x86_64/context.hpp"

namespace kx::libos {

// A time limit given by the program.
class Deadline {
 public:
  Deadline() = default;  // none
  static Deadline after(u64 ns);

  [[nodiscard]] bool is_forever() const { return at_ns_ == never; }
  // -1 if there is none.
  [[nodiscard]] i64 remaining_ns() const;

 private:
  static constexpr u64 never = ~0ull;
  u64 at_ns_ = never;
};

// The mask of ppoll(2) and its relatives, if the program gives one.
class WaitMask {
 public:
  WaitMask() = default;
  WaitMask(const WaitMask&) = delete;
  WaitMask& operator=(const WaitMask&) = delete;

  // 0, -EINVAL or -EFAULT; a null address changes nothing.
  i64 set(u64 address, u64 size);
  // Ends it, at once or with the delivery of the signal that interrupted the call. Returns `result`.
  i64 finish(i64 result);

 private:
  bool active_ = false;
};

// True if a signal is to be delivered; what else was pending is dealt with.
bool signal_arrived();

// Reads a timespec or a timeval. -EFAULT, -EINVAL; a null address is no limit.
i64 read_timespec(u64 address, Deadline& deadline);
i64 read_timeval(u64 address, Deadline& deadline);
// Tells the program what is left, as Linux does; a failure is ignored.
void write_timespec(u64 address, const Deadline& deadline);
void write_timeval(u64 address, const Deadline& deadline);

// Repeats `wait(remaining_ns)` while it is cut short by something that is no signal.
template <class Wait>
i64 wait_until(const Deadline& deadline, Wait&& wait) {
  for (;;) {
    const i64 result = wait(deadline.remaining_ns());
    if (result != -EINTR || signal_arrived()) {
      return result;
    }
  }
}

}  // namespace kx::libos
