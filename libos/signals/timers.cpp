#include "signals/timers.hpp"

#include <signal.h>
#include <time.h>

#include <algorithm>
#include <cerrno>

#include "host/host_call.hpp"
#include "process/clock.hpp"
#include "process/process.hpp"
#include "process/thread.hpp"
#include "signals/signals.hpp"

namespace kx::libos {

namespace {

Timers timers;

// Pointless to tell apart later, and it keeps sums from overflowing.
constexpr u64 far_future_ns = 1ull << 62;

u32 interval_signal(u32 index) {
  return index == timer_real ? SIGALRM : index == timer_virtual ? SIGVTALRM : SIGPROF;
}

i32 clock_of(u32 index, i32 posix_clock) {
  if (index >= first_posix_timer) {
    return posix_clock;
  }
  return index == timer_real ? CLOCK_MONOTONIC : CLOCK_PROCESS_CPUTIME_ID;
}

struct CpuLimit {
  u64 soft_ns, hard_ns;
};

CpuLimit cpu_limit() {
  Process& process = Process::instance();
  const Lock lock(process.limits_mutex);
  const auto to_ns = [](u64 seconds) {
    return seconds < far_future_ns / second_ns ? seconds * second_ns : far_future_ns;
  };
  return {to_ns(process.limits[limit_cpu][0]), to_ns(process.limits[limit_cpu][1])};
}

constexpr i32 id_of(u32 index) {
  return static_cast<i32>(index - first_posix_timer);
}
bool is_posix_timer(const SignalInfo& info) {
  return info.code == SI_TIMER && info.timer.id >= 0 &&
         static_cast<u32>(info.timer.id) < abi::max_timers - first_posix_timer;
}

}  // namespace

Timers& Timers::instance() {
  return timers;
}

TimerSetting Timers::remaining(const Timer& timer, u64 now_ns) {
  if (!timer.armed) {
    return {0, timer.interval_ns};
  }
  if (now_ns < timer.first_ns) {
    return {timer.first_ns - now_ns, timer.interval_ns};
  }
  if (timer.interval_ns != 0) {
    return {timer.interval_ns - (now_ns - timer.first_ns) % timer.interval_ns, timer.interval_ns};
  }
  // Due, but not reported yet; zero would mean disarmed.
  return {timer.event.notify == TimerNotify::None ? 0ull : 1ull, 0};
}

TimerSetting Timers::get(u32 index) {
  u64 now_ns = 0;
  i32 clock = 0;
  {
    const Lock lock(mutex_);
    clock = clock_of(index, timers_[index].clock);
  }
  if (!read_clock(clock, now_ns)) {
    return {};  // as Linux has it for a thread that has ended
  }
  const Lock lock(mutex_);
  return remaining(timers_[index], now_ns);
}

i64 Timers::set(u32 index, const TimerSetting& next, bool absolute, TimerSetting& old) {
  were_used_.store(true, std::memory_order_relaxed);
  Timer& timer = timers_[index];
  u64 now_ns = 0;
  const i32 clock = clock_of(index, timer.clock);
  if (!read_clock(clock, now_ns)) {
    return -ESRCH;
  }
  bool quiet = false;
  u64 first_ns = 0;
  {
    const Lock lock(mutex_);
    old = remaining(timer, now_ns);
    timer.armed = next.value_ns != 0;
    timer.interval_ns = timer.armed ? next.interval_ns : 0;
    timer.missed = 0;
    timer.last_overrun = 0;
    if (timer.armed) {
      first_ns = absolute ? next.value_ns : now_ns + (next.value_ns < far_future_ns ? next.value_ns : far_future_ns);
    }
    timer.first_ns = first_ns;
    quiet = timer.event.notify == TimerNotify::None;
  }
  if (quiet) {
    return 0;
  }
  u64 vcpu = 0;
  if (clock_kind(clock) == ClockKind::ThreadCpu) {
    const Thread* thread = clock_thread(clock);
    vcpu = thread != nullptr ? thread->page->vcpu_index : 0;
  }
  const i64 result = host_call(abi::HostCall::TimerArm, CallKind::Quick, index, static_cast<u64>(host_clock(clock)),
                               first_ns, next.interval_ns, vcpu);
  if (clock_kind(clock) == ClockKind::Unknown) {
    disarm_at_host(index);  // the thread has just ended, and another may have its vCPU
    return -ESRCH;
  }
  return result;
}

void Timers::disarm_at_host(u32 index) {
  host_call(abi::HostCall::TimerArm, CallKind::Quick, index, CLOCK_MONOTONIC, 0, 0);
}

void Timers::thread_ended(u32 tid) {
  for (u32 index = first_posix_timer; index < abi::max_timers; ++index) {
    {
      const Lock lock(mutex_);
      Timer& timer = timers_[index];
      if (!timer.used || !timer.armed || !is_clock_of_thread(timer.clock, tid)) {
        continue;
      }
      timer.armed = false;
    }
    disarm_at_host(index);
  }
}

i64 Timers::create(i32 clock, const TimerEvent& event) {
  were_used_.store(true, std::memory_order_relaxed);
  const Lock lock(mutex_);
  for (u32 index = first_posix_timer; index < abi::max_timers; ++index) {
    Timer& timer = timers_[index];
    if (!timer.used) {
      timer = Timer{};
      timer.used = true;
      timer.clock = fixed_clock(clock);
      timer.event = event;
      if (event.value_is_id) {
        timer.event.value = static_cast<u64>(id_of(index));
      }
      return index;
    }
  }
  return -EAGAIN;
}

bool Timers::exists(u32 index) {
  const Lock lock(mutex_);
  return index >= first_posix_timer && index < abi::max_timers && timers_[index].used &&
         timers_[index].event.notify != TimerNotify::Wake;
}

bool Timers::is_armed(u32 index) {
  const Lock lock(mutex_);
  return timers_[index].armed;
}

i32 Timers::overrun(u32 index) {
  const Lock lock(mutex_);
  return timers_[index].last_overrun;
}

void Timers::remove(u32 index) {
  disarm_at_host(index);
  const Lock lock(mutex_);
  timers_[index] = Timer{};
}

bool Timers::is_used(u32 index) {
  const Lock lock(mutex_);
  return timers_[index].used;
}

void Timers::remove_all() {
  for (u32 index = first_posix_timer; index < abi::max_timers; ++index) {
    if (is_used(index)) {
      remove(index);
    }
  }
}

void Timers::forget_all() {
  const Lock lock(mutex_);
  for (Timer& timer : timers_) {
    timer = Timer{};
  }
}

void Timers::watch_cpu_limit() {
  were_used_.store(true, std::memory_order_relaxed);
  const CpuLimit limit = cpu_limit();
  const u64 first_ns = std::min(limit.soft_ns, limit.hard_ns);
  host_call(abi::HostCall::TimerArm, CallKind::Quick, timer_cpu_limit, CLOCK_PROCESS_CPUTIME_ID,
            first_ns < far_future_ns ? std::max(first_ns, u64{1}) : 0, 0);
}

// At the hard limit the process ends; at the soft one it is told, and again a second later.
void Timers::cpu_limit_reached() {
  u64 now_ns = 0;
  read_clock(CLOCK_PROCESS_CPUTIME_ID, now_ns);
  const CpuLimit limit = cpu_limit();
  SignalInfo info;
  info.code = SI_KERNEL;
  if (now_ns >= limit.hard_ns) {
    info.signo = SIGKILL;
    send_to_process(info);
    return;
  }
  if (now_ns >= limit.soft_ns) {
    {
      Process& process = Process::instance();
      const Lock lock(process.limits_mutex);
      ++process.limits[limit_cpu][0];
    }
    info.signo = SIGXCPU;
    send_to_process(info);
  }
  watch_cpu_limit();
}

void Timers::expired(u32 index, u32 expirations) {
  if (index == timer_cpu_limit) {
    cpu_limit_reached();
    return;
  }
  SignalInfo info;
  TimerEvent event;
  {
    const Lock lock(mutex_);
    Timer& timer = timers_[index];
    if (!timer.armed || expirations == 0) {
      return;  // disarmed in the meantime
    }
    if (timer.interval_ns == 0) {
      timer.armed = false;
    }
    event = timer.event;
    if (index < first_posix_timer) {
      info.signo = static_cast<i32>(interval_signal(index));
      info.code = SI_KERNEL;
    } else if (event.notify == TimerNotify::Wake) {
      info.signo = 0;
    } else if (timer.queued) {
      timer.missed += expirations;
      return;
    } else {
      timer.queued = true;
      timer.missed = expirations - 1;
      info.signo = static_cast<i32>(event.signo);
      info.code = SI_TIMER;
      info.timer.id = id_of(index);
      info.timer.value = event.value;
    }
  }
  if (event.notify == TimerNotify::Wake) {
    Signals::instance().wake_tid(event.tid);
  } else if (event.notify == TimerNotify::ThreadId) {
    Signals::instance().send_to_tid(event.tid, info);
  } else {
    send_to_process(info);
  }
}

void posix_timer_signal_taken(SignalInfo& info) {
  if (!is_posix_timer(info)) {
    return;
  }
  const Lock lock(timers.mutex_);
  Timers::Timer& timer = timers.timers_[static_cast<u32>(info.timer.id) + first_posix_timer];
  timer.queued = false;
  timer.last_overrun = static_cast<i32>(timer.missed);
  timer.missed = 0;
  info.timer.overrun = timer.last_overrun;
}

void posix_timer_signal_gone(const SignalInfo& info) {
  if (is_posix_timer(info)) {
    const Lock lock(timers.mutex_);
    timers.timers_[static_cast<u32>(info.timer.id) + first_posix_timer].queued = false;
  }
}

}  // namespace kx::libos
