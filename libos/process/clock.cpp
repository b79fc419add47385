#include "process/clock.hpp"

#include <time.h>

#include <cstring>

#include "host/host_call.hpp"
#include "process/process.hpp"
#include "process/thread.hpp"

namespace kx::libos {

namespace {

// SAFETY: a fixed page of the system slot that the hypervisor writes.
const abi::TimePage& time_page() {
  return *reinterpret_cast<const abi::TimePage*>(abi::linear_gva(abi::time_page_gpa));
}

// A negative clock id names a process or thread: ~number << 3, thread flag, kind of time (linux/posix-timers.h).
constexpr i32 cpu_thread_flag = 4, cpu_kind_mask = 3, cpu_kind_fd = 3;

ClockKind dynamic_clock_kind(i32 clock) {
  if ((clock & cpu_kind_mask) == cpu_kind_fd) {
    return ClockKind::Unknown;
  }
  const auto number = static_cast<u32>(~(clock >> 3));
  if ((clock & cpu_thread_flag) != 0) {
    return number == 0 || ThreadList::instance().find(number) != nullptr ? ClockKind::ThreadCpu : ClockKind::Unknown;
  }
  return number == 0 || number == Process::instance().pid ? ClockKind::ProcessCpu : ClockKind::Unknown;
}

}  // namespace

TimeReading read_time() {
  TimeReading reading = read_time_page(time_page());
  if (reading.stale) {
    host_call(abi::HostCall::ClockRefresh, CallKind::Quick);
    reading = read_time_page(time_page());
  }
  return reading;
}

CpuTimes process_cpu_times() {
  const HostReply reply =
      host_call_raw(static_cast<u32>(abi::HostCall::ProcessTimes), HostArguments{}, CallKind::Quick);
  return {reply.extra[0], reply.extra[1]};
}

CpuTimes thread_cpu_times(const Thread& thread) {
  const HostArguments arguments{{0, u64{thread.page->vcpu_index} + 1}, 0};
  const HostReply reply = host_call_raw(static_cast<u32>(abi::HostCall::ProcessTimes), arguments, CallKind::Quick);
  return reply.result == 0 ? CpuTimes{reply.extra[0], reply.extra[1]} : CpuTimes{};
}

CpuTimes children_cpu_times() {
  host_call(abi::HostCall::ProcessGet, CallKind::Quick, static_cast<u64>(abi::ProcessAttribute::ChildrenUsage), 0);
  u64 times[4];  // seconds and microseconds of user and system time, as struct rusage begins
  std::memcpy(times, call_buffer(), sizeof times);
  return {times[0] * second_ns + times[1] * 1000, times[2] * second_ns + times[3] * 1000};
}

// The number in a clock id is that of a thread, or 0 for the caller.
Thread* clock_thread(i32 clock) {
  const auto number = clock < 0 ? static_cast<u32>(~(clock >> 3)) : 0;
  return number == 0 ? &Thread::current() : ThreadList::instance().find(number);
}

i32 fixed_clock(i32 clock) {
  constexpr u32 scheduler_time = 2;  // the kind that counts nanoseconds: CPUCLOCK_SCHED
  if (clock_kind(clock) != ClockKind::ThreadCpu) {
    return clock;
  }
  const Thread* thread = clock_thread(clock);
  return thread == nullptr ? clock : static_cast<i32>(~thread->tid << 3 | cpu_thread_flag | scheduler_time);
}

bool is_clock_of_thread(i32 clock, u32 tid) {
  return clock < 0 && (clock & cpu_thread_flag) != 0 && (clock & cpu_kind_mask) != cpu_kind_fd &&
         static_cast<u32>(~(clock >> 3)) == tid;
}

ClockKind clock_kind(i32 clock) {
  switch (clock) {
    case CLOCK_REALTIME:
    case CLOCK_MONOTONIC:
    case CLOCK_BOOTTIME:
    case CLOCK_TAI:
    case CLOCK_REALTIME_ALARM:
    case CLOCK_BOOTTIME_ALARM:
      return ClockKind::Wall;
    case CLOCK_REALTIME_COARSE:
    case CLOCK_MONOTONIC_COARSE:
      return ClockKind::Coarse;
    case CLOCK_MONOTONIC_RAW:
      return ClockKind::Raw;
    case CLOCK_PROCESS_CPUTIME_ID:
      return ClockKind::ProcessCpu;
    case CLOCK_THREAD_CPUTIME_ID:
      return ClockKind::ThreadCpu;
    default:
      return clock < 0 ? dynamic_clock_kind(clock) : ClockKind::Unknown;
  }
}

bool read_clock(i32 clock, u64& ns) {
  const ClockKind kind = clock_kind(clock);
  if (kind == ClockKind::Unknown) {
    return false;
  }
  if (kind == ClockKind::ProcessCpu || kind == ClockKind::ThreadCpu) {
    const Thread* thread = kind == ClockKind::ThreadCpu ? clock_thread(clock) : nullptr;
    if (kind == ClockKind::ThreadCpu && thread == nullptr) {
      return false;  // it has just ended
    }
    const CpuTimes times = thread != nullptr ? thread_cpu_times(*thread) : process_cpu_times();
    ns = times.user_ns + times.system_ns;
    return true;
  }
  const TimeReading reading = read_time();
  switch (clock) {
    case CLOCK_REALTIME:
    case CLOCK_REALTIME_COARSE:
    case CLOCK_REALTIME_ALARM:
      ns = reading.realtime_ns;
      break;
    case CLOCK_BOOTTIME:
    case CLOCK_BOOTTIME_ALARM:
      ns = reading.boottime_ns;
      break;
    case CLOCK_TAI:
      ns = reading.tai_ns;
      break;
    case CLOCK_MONOTONIC_RAW:
      ns = reading.raw_ns;
      break;
    default:
      ns = reading.monotonic_ns;
  }
  return true;
}

i32 host_clock(i32 clock) {
  switch (clock_kind(clock)) {
    case ClockKind::ProcessCpu:
      return CLOCK_PROCESS_CPUTIME_ID;
    case ClockKind::ThreadCpu:
      return CLOCK_THREAD_CPUTIME_ID;
    default:
      break;
  }
  switch (clock) {
    case CLOCK_REALTIME_ALARM:
      return CLOCK_REALTIME;
    case CLOCK_BOOTTIME_ALARM:
      return CLOCK_BOOTTIME;
    default:
      return clock;
  }
}

}  // namespace kx::libos
