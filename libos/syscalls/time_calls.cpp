// System calls about clocks and sleeping.
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>

#include <cerrno>
#include <utility>

#include "host/host_call.hpp"
#include "mm/address_space.hpp"
#include "process/clock.hpp"
#include "process/thread.hpp"
#include "signals/signals.hpp"
#include "signals/timers.hpp"
#include "syscalls/dispatch.hpp"
#include "syscalls/time_types.hpp"

namespace kx::libos {

namespace {

constexpr u64 tick_ns = 10'000'000;              // of times(2): USER_HZ is 100
constexpr i64 coarse_resolution_ns = 4'000'000;  // CONFIG_HZ 250

i64 clock_gettime_call(Context& context) {
  u64 ns = 0;
  if (!read_clock(static_cast<i32>(context.rdi), ns)) {
    return -EINVAL;
  }
  return write_user(context.rsi, to_timespec(ns)) ? 0 : -EFAULT;
}

i64 clock_getres_call(Context& context) {
  const ClockKind kind = clock_kind(static_cast<i32>(context.rdi));
  if (kind == ClockKind::Unknown) {
    return -EINVAL;
  }
  const Timespec resolution{0, kind == ClockKind::Coarse ? coarse_resolution_ns : 1};
  return context.rsi == 0 || write_user(context.rsi, resolution) ? 0 : -EFAULT;
}

// A pVM may not set the host's clock.
i64 clock_settime_call(Context& context) {
  Timespec time{};
  const auto clock = static_cast<i32>(context.rdi);
  if (clock != CLOCK_REALTIME && (clock >= 0 || clock_kind(clock) == ClockKind::Unknown)) {
    return -EINVAL;
  }
  if (!read_user(time, context.rsi)) {
    return -EFAULT;
  }
  return is_valid(time) ? -EPERM : -EINVAL;
}

i64 settimeofday_call(Context&) {
  return -EPERM;
}

i64 gettimeofday_call(Context& context) {
  if (context.rdi != 0 && !write_user(context.rdi, to_timeval(realtime_ns()))) {
    return -EFAULT;
  }
  return context.rsi != 0 && !write_user(context.rsi, u64{0}) ? -EFAULT : 0;
}

i64 time_call(Context& context) {
  const auto seconds = static_cast<i64>(realtime_ns() / second_ns);
  return context.rdi != 0 && !write_user(context.rdi, seconds) ? -EFAULT : seconds;
}

i64 times_call(Context& context) {
  if (context.rdi != 0) {
    const CpuTimes times = process_cpu_times();
    const CpuTimes children = children_cpu_times();
    const i64 ticks[4] = {static_cast<i64>(times.user_ns / tick_ns), static_cast<i64>(times.system_ns / tick_ns),
                          static_cast<i64>(children.user_ns / tick_ns), static_cast<i64>(children.system_ns / tick_ns)};
    if (!copy_to_user(context.rdi, ticks, sizeof ticks)) {
      return -EFAULT;
    }
  }
  return static_cast<i64>(boottime_ns() / tick_ns);
}

// A relative sleep. Restarted after a signal without a handler it goes on to the deadline of its first start.
i64 sleep_for(u64 duration_ns, u64 rest_address) {
  ThreadSignals& signals = Thread::current().signals;
  const u64 deadline_ns = signals.resume_deadline != 0 ? signals.resume_deadline : monotonic_ns() + duration_ns;
  signals.resume_deadline = 0;
  if (!wait_for_signal(deadline_ns)) {
    return 0;
  }
  const u64 now_ns = monotonic_ns();
  if (now_ns >= deadline_ns) {
    return 0;
  }
  if (rest_address != 0 && !write_user(rest_address, to_timespec(deadline_ns - now_ns))) {
    return -EFAULT;
  }
  signals.resume_deadline = deadline_ns;
  return restart_without_handler;
}

i64 sleep_until(i32 clock, u64 deadline_ns) {
  WaitClock wait_clock = WaitClock::Monotonic;
  if (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_ALARM) {
    wait_clock = WaitClock::Realtime;
  } else if (clock != CLOCK_MONOTONIC) {
    u64 now_ns = 0;
    read_clock(clock, now_ns);
    deadline_ns = deadline_ns > now_ns ? monotonic_ns() + (deadline_ns - now_ns) : 0;
  }
  return wait_for_signal(deadline_ns, wait_clock) ? restart_without_handler : 0;
}

// CPU time passes in other threads only. A timer of the hypervisor's watches it, so that waiting does not count.
i64 sleep_cpu_time(i32 clock, u64 value_ns, bool absolute, u64 rest_address) {
  if (!is_allowed(abi::Component::Timers)) {
    return -ENOSYS;
  }
  Thread& self = Thread::current();
  u64 now_ns = 0;
  if (!read_clock(clock, now_ns)) {
    return -EINVAL;
  }
  const u64 resumed_ns = std::exchange(self.signals.resume_deadline, 0);
  const u64 deadline_ns = resumed_ns != 0 ? resumed_ns : absolute ? value_ns : now_ns + value_ns;
  if (now_ns >= deadline_ns) {
    return 0;
  }
  Timers& timers = Timers::instance();
  TimerEvent event;
  event.notify = TimerNotify::Wake;
  event.tid = self.tid;
  const i64 created = timers.create(clock, event);
  if (created < 0) {
    return created;
  }
  const auto timer = static_cast<u32>(created);
  TimerSetting old;
  i64 result = timers.set(timer, {deadline_ns, 0}, true, old);
  while (result == 0 && timers.is_armed(timer)) {
    absorb_pending();
    if (Signals::instance().deliverable(self)) {
      result = restart_without_handler;
    } else if (timers.is_armed(timer)) {
      wait_for_pending(no_deadline, WaitClock::Monotonic);
    }
  }
  timers.remove(timer);
  if (result != restart_without_handler || absolute) {
    return result;
  }
  read_clock(clock, now_ns);
  if (now_ns >= deadline_ns) {
    return 0;
  }
  if (rest_address != 0 && !write_user(rest_address, to_timespec(deadline_ns - now_ns))) {
    return -EFAULT;
  }
  self.signals.resume_deadline = deadline_ns;
  return result;
}

i64 nanosleep_call(Context& context) {
  Timespec time{};
  if (!read_user(time, context.rdi)) {
    return -EFAULT;
  }
  return is_valid(time) ? sleep_for(to_ns(time), context.rsi) : -EINVAL;
}

i64 clock_nanosleep_call(Context& context) {
  const auto clock = static_cast<i32>(context.rdi);
  const bool absolute = (context.rsi & TIMER_ABSTIME) != 0;
  const ClockKind kind = clock_kind(clock);
  if (kind == ClockKind::Unknown) {
    return -EINVAL;
  }
  if (kind == ClockKind::Raw || kind == ClockKind::Coarse || clock == CLOCK_THREAD_CPUTIME_ID) {
    return -EOPNOTSUPP;
  }
  Timespec time{};
  if (!read_user(time, context.rdx)) {
    return -EFAULT;
  }
  if (!is_valid(time)) {
    return -EINVAL;
  }
  if (kind == ClockKind::ProcessCpu || kind == ClockKind::ThreadCpu) {
    if (kind == ClockKind::ThreadCpu && clock_thread(clock) == &Thread::current()) {
      return -EINVAL;  // would never end
    }
    return sleep_cpu_time(clock, to_ns(time), absolute, context.r10);
  }
  return absolute ? sleep_until(clock, to_ns(time)) : sleep_for(to_ns(time), context.r10);
}

constexpr SyscallEntry entries[] = {
    {SYS_clock_gettime, clock_gettime_call},
    {SYS_clock_getres, clock_getres_call},
    {SYS_clock_settime, clock_settime_call},
    {SYS_settimeofday, settimeofday_call},
    {SYS_gettimeofday, gettimeofday_call},
    {SYS_time, time_call},
    {SYS_times, times_call},
    {SYS_nanosleep, nanosleep_call},
    {SYS_clock_nanosleep, clock_nanosleep_call},
};

}  // namespace

std::span<const SyscallEntry> time_calls() {
  return entries;
}

}  // namespace kx::libos
