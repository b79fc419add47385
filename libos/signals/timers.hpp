// Timers of the process: setitimer(2) and timer_create(2), each a timer of the hypervisor's that posts to the inbox.
#pragma once

#include <signal.h>

#include <atomic>
#include <kx/abi/boot.hpp>

#include "entry/components.hpp"
#include "process/limits.hpp"
#include "process/lock.hpp"
#include "signals/signal_types.hpp"

namespace kx::libos {

// Indices of the interval timers and of the one that watches RLIMIT_CPU; those of timer_create follow.
inline constexpr u32 timer_real = 0, timer_virtual = 1, timer_prof = 2, timer_cpu_limit = 3, first_posix_timer = 4;

struct TimerSetting {
  u64 value_ns = 0;  // until the next expiry; 0: disarmed
  u64 interval_ns = 0;
};

enum class TimerNotify : u8 { Signal, None, ThreadId, Wake };  // the last: only wakes the thread, which sleeps

struct TimerEvent {
  TimerNotify notify = TimerNotify::Signal;
  u32 signo = 0;
  u32 tid = 0;
  u64 value = 0;
  bool value_is_id = false;  // no sigevent was given: the value is the timer's number
};

class Timers {
 public:
  static Timers& instance();
  // False: the program has never had one, so that the component need not be mapped to look.
  static bool were_used() { return were_used_.load(std::memory_order_relaxed); }

  // `absolute`: value_ns is a point of the timer's clock. Returns what was left of the old setting. 0 or -errno (ESRCH:
  // the thread whose CPU time it counts has ended).
  i64 set(u32 index, const TimerSetting& next, bool absolute, TimerSetting& old);
  TimerSetting get(u32 index);
  // The new timer's index, or -EAGAIN.
  i64 create(i32 clock, const TimerEvent& event);
  // Of timer_create(2), and the program's.
  [[nodiscard]] bool exists(u32 index);
  i32 overrun(u32 index);
  void remove(u32 index);
  // False once a timer has expired for good.
  [[nodiscard]] bool is_armed(u32 index);
  // All of timer_create(2); the interval timers stay.
  void remove_all();
  // In a forked child, which inherits none.
  void forget_all();

  // RLIMIT_CPU is not what it was, or this is a new process: setrlimit(2).
  void watch_cpu_limit();
  // After the thread was taken off the list: the timers on its CPU clock never expire.
  void thread_ended(u32 tid);

  // The hypervisor reports `expirations` of a timer.
  void expired(u32 index, u32 expirations);

 private:
  friend void posix_timer_signal_taken(SignalInfo& info);
  friend void posix_timer_signal_gone(const SignalInfo& info);

  struct Timer {
    bool used = false;
    bool armed = false;
    bool queued = false;  // its signal is pending
    i32 clock = 1;
    TimerEvent event;
    u64 first_ns = 0;  // absolute
    u64 interval_ns = 0;
    u32 missed = 0;  // expirations since its signal was queued
    i32 last_overrun = 0;
  };

  void disarm_at_host(u32 index);
  bool is_used(u32 index);
  void cpu_limit_reached();
  static TimerSetting remaining(const Timer& timer, u64 now_ns);

  inline static constinit std::atomic<bool> were_used_ = false;
  Mutex mutex_;  // taken after the signal lock, or alone
  Timer timers_[abi::max_timers];
};

// In a new process.
inline void watch_inherited_cpu_limit() {
  if (resource_limit(limit_cpu) != no_limit && is_allowed(abi::Component::Timers)) {
    Timers::instance().watch_cpu_limit();
  }
}

// A pending SI_TIMER signal is delivered (its overrun count is filled in) or dropped. The signal lock is held.
void posix_timer_signal_taken(SignalInfo& info);
void posix_timer_signal_gone(const SignalInfo& info);
inline void timer_signal_taken(SignalInfo& info) {
  if (info.code == SI_TIMER) {
    posix_timer_signal_taken(info);
  }
}
inline void timer_signal_gone(const SignalInfo& info) {
  if (info.code == SI_TIMER) {
    posix_timer_signal_gone(info);
  }
}

}  // namespace kx::libos
