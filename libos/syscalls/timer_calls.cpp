// System calls about timers.
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>

#include <cerrno>

#include "mm/address_space.hpp"
#include "process/clock.hpp"
#include "process/thread.hpp"
#include "signals/signals.hpp"
#include "signals/timers.hpp"
#include "syscalls/dispatch.hpp"
#include "syscalls/time_types.hpp"

namespace kx::libos {

namespace {

struct Itimerspec {
  Timespec interval;
  Timespec value;
};
struct Itimerval {
  Timeval interval;
  Timeval value;
};

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

std::span<const SyscallEntry> timer_calls() {
  return entries;
}

}  // namespace kx::libos
