// System calls about clocks, sleeping and timers.
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>

#include <cerrno>

#include "host/host_call.hpp"
#include "mm/address_space.hpp"
#include "process/clock.hpp"
#include "process/thread.hpp"
#include "signals/signals.hpp"
#include "signals/timers.hpp"
#include "syscalls/dispatch.hpp"

namespace kx::libos {

namespace {

struct Timespec {
  i64 seconds;
  i64 nanoseconds;
};
struct Timeval {
  i64 seconds;
  i64 microseconds;
};
struct Itimerspec {
  Timespec interval;
  Timespec value;
};
struct Itimerval {
  Timeval interval;
  Timeval value;
};

constexpr i64 microseconds = 1'000'000;
constexpr u64 tick_ns = 10'000'000;              // of times(2): USER_HZ is 100
constexpr i64 coarse_resolution_ns = 4'000'000;  // CONFIG_HZ 250
constexpr u64 longest_ns = 1ull << 62;           // a century and a half

Timespec to_timespec(u64 ns) {
  return {static_cast<i64>(ns / second_ns), static_cast<i64>(ns % second_ns)};
}
Timeval to_timeval(u64 ns) {
  return {static_cast<i64>(ns / second_ns), static_cast<i64>(ns % second_ns / 1000)};
}

bool is_valid(const Timespec& time) {
  return time.seconds >= 0 && static_cast<u64>(time.nanoseconds) < second_ns;
}
bool is_valid(const Timeval& time) {
  return time.seconds >= 0 && time.microseconds >= 0 && time.microseconds < microseconds;
}

u64 to_ns(const Timespec& time) {
  if (static_cast<u64>(time.seconds) >= longest_ns / second_ns) {
    return longest_ns;
  }
  return static_cast<u64>(time.seconds) * second_ns + static_cast<u64>(time.nanoseconds);
}
u64 to_ns(const Timeval& time) {
  return to_ns(Timespec{time.seconds, time.microseconds * 1000});
}

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

// CPU time passes in other threads only: the hypervisor watches it.
i64 sleep_cpu_time(u64 value_ns, bool absolute) {
  u64 deadline_ns = value_ns;
  if (!absolute) {
    u64 now_ns = 0;
    read_clock(CLOCK_PROCESS_CPUTIME_ID, now_ns);
    deadline_ns += now_ns;
  }
  const IdleSection idle;
  return interrupted(host_call(abi::HostCall::SleepUntil, CallKind::Blocking, CLOCK_PROCESS_CPUTIME_ID, deadline_ns),
                     -EINTR);
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
    return sleep_cpu_time(to_ns(time), absolute);
  }
  return absolute ? sleep_until(clock, to_ns(time)) : sleep_for(to_ns(time), context.r10);
}

i64 alarm_call(Context& context) {
  TimerSetting old;
  Timers::instance().set(timer_real, {static_cast<u32>(context.rdi) * second_ns, 0}, false, old);
  u64 seconds = old.value_ns / second_ns;
  const u64 rest_ns = old.value_ns % second_ns;
  // As alarm(2) does: never 0 while armed, otherwise to the nearest second.
  if ((seconds == 0 && rest_ns != 0) || rest_ns >= second_ns / 2) {
    ++seconds;
  }
  return static_cast<i64>(seconds);
}

Itimerval to_itimerval(const TimerSetting& setting) {
  u64 value_ns = setting.value_ns;
  if (value_ns != 0 && value_ns < 1000) {
    value_ns = 1000;
  }
  return {to_timeval(setting.interval_ns), to_timeval(value_ns)};
}
Itimerspec to_itimerspec(const TimerSetting& setting) {
  return {to_timespec(setting.interval_ns), to_timespec(setting.value_ns)};
}

i64 getitimer_call(Context& context) {
  if (static_cast<u32>(context.rdi) > timer_prof) {
    return -EINVAL;
  }
  const TimerSetting setting = Timers::instance().get(static_cast<u32>(context.rdi));
  return write_user(context.rsi, to_itimerval(setting)) ? 0 : -EFAULT;
}

i64 setitimer_call(Context& context) {
  Itimerval next{};
  if (context.rsi != 0 && !read_user(next, context.rsi)) {
    return -EFAULT;
  }
  if (!is_valid(next.value) || !is_valid(next.interval) || static_cast<u32>(context.rdi) > timer_prof) {
    return -EINVAL;
  }
  TimerSetting old;
  const i64 result =
      Timers::instance().set(static_cast<u32>(context.rdi), {to_ns(next.value), to_ns(next.interval)}, false, old);
  if (result != 0) {
    return result;
  }
  return context.rdx != 0 && !write_user(context.rdx, to_itimerval(old)) ? -EFAULT : 0;
}

// struct sigevent in the parts the kernel reads.
struct Sigevent {
  u64 value;
  i32 signo;
  i32 notify;
  i32 tid;
  i32 padding[11];
};
static_assert(sizeof(Sigevent) == 64);

i64 read_event(u64 address, TimerEvent& event) {
  if (address == 0) {
    event.signo = SIGALRM;
    event.value_is_id = true;
    return 0;
  }
  Sigevent given{};
  if (!read_user(given, address)) {
    return -EFAULT;
  }
  event.value = given.value;
  event.signo = static_cast<u32>(given.signo);
  if (given.notify == SIGEV_NONE) {
    event.notify = TimerNotify::None;
    return 0;
  }
  if (given.notify == SIGEV_THREAD_ID) {
    event.notify = TimerNotify::ThreadId;
    event.tid = static_cast<u32>(given.tid);
    if (ThreadList::instance().find(event.tid) == nullptr) {
      return -EINVAL;
    }
  } else if (given.notify != SIGEV_SIGNAL && given.notify != SIGEV_THREAD) {
    return -EINVAL;
  }
  return given.signo >= 1 && given.signo <= static_cast<i32>(signal_count) ? 0 : -EINVAL;
}

i64 timer_create_call(Context& context) {
  const auto clock = static_cast<i32>(context.rdi);
  const ClockKind kind = clock_kind(clock);
  if (kind == ClockKind::Unknown) {
    return -EINVAL;
  }
  if (kind == ClockKind::Raw || kind == ClockKind::Coarse) {
    return -EOPNOTSUPP;
  }
  TimerEvent event;
  if (const i64 error = read_event(context.rsi, event); error != 0) {
    return error;
  }
  const i64 index = Timers::instance().create(clock, event);
  if (index < 0) {
    return index;
  }
  const auto number = static_cast<i32>(index - first_posix_timer);
  if (!write_user(context.rdx, number)) {
    Timers::instance().remove(static_cast<u32>(index));
    return -EFAULT;
  }
  return 0;
}

// The index of timer number RDI; false if there is none.
bool own_timer(const Context& context, u32& index) {
  const auto number = static_cast<u32>(context.rdi);
  index = number + first_posix_timer;
  return number < abi::max_timers && Timers::instance().exists(index);
}

i64 timer_settime_call(Context& context) {
  Itimerspec next{};
  if (context.rdx == 0) {
    return -EINVAL;
  }
  if (!read_user(next, context.rdx)) {
    return -EFAULT;
  }
  u32 index = 0;
  if (!is_valid(next.value) || !is_valid(next.interval) || !own_timer(context, index)) {
    return -EINVAL;
  }
  TimerSetting old;
  const i64 result =
      Timers::instance().set(index, {to_ns(next.value), to_ns(next.interval)}, (context.rsi & TIMER_ABSTIME) != 0, old);
  if (result != 0) {
    return result;
  }
  return context.r10 != 0 && !write_user(context.r10, to_itimerspec(old)) ? -EFAULT : 0;
}

i64 timer_gettime_call(Context& context) {
  u32 index = 0;
  if (!own_timer(context, index)) {
    return -EINVAL;
  }
  return write_user(context.rsi, to_itimerspec(Timers::instance().get(index))) ? 0 : -EFAULT;
}

i64 timer_getoverrun_call(Context& context) {
  u32 index = 0;
  return own_timer(context, index) ? Timers::instance().overrun(index) : -EINVAL;
}

i64 timer_delete_call(Context& context) {
  u32 index = 0;
  if (!own_timer(context, index)) {
    return -EINVAL;
  }
  Timers::instance().remove(index);
  return 0;
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
    {SYS_alarm, alarm_call},
    {SYS_getitimer, getitimer_call},
    {SYS_setitimer, setitimer_call},
    {SYS_timer_create, timer_create_call},
    {SYS_timer_settime, timer_settime_call},
    {SYS_timer_gettime, timer_gettime_call},
    {SYS_timer_getoverrun, timer_getoverrun_call},
    {SYS_timer_delete, timer_delete_call},
};

}  // namespace

std::span<const SyscallEntry> time_calls() {
  return entries;
}

}  // namespace kx::libos
