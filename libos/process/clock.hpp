// The clocks of clock_gettime(2), read in the guest; CPU-time clocks come from the hypervisor.
#pragma once

#include "arch/x86_64/context.hpp"
#include "process/time_page.hpp"

namespace kx::libos {

struct Thread;

// A reading that is not stale.
TimeReading read_time();

inline u64 monotonic_ns() {
  return read_time().monotonic_ns;
}
inline u64 realtime_ns() {
  return read_time().realtime_ns;
}
inline u64 boottime_ns() {
  return read_time().boottime_ns;
}

struct CpuTimes {
  u64 user_ns = 0;
  u64 system_ns = 0;
};
CpuTimes process_cpu_times();
CpuTimes thread_cpu_times(const Thread& thread);
// Of the children that were waited for.
CpuTimes children_cpu_times();

// What a clock id means.
enum class ClockKind : u8 { Unknown, Wall, Coarse, Raw, ProcessCpu, ThreadCpu };
// Own-process ids of clock_getcpuclockid(3) and pthread_getcpuclockid(3) included.
ClockKind clock_kind(i32 clock);

// Whose time a clock of ThreadCpu counts; null: it has ended.
Thread* clock_thread(i32 clock);
// The same clock, by whoever it is named: CLOCK_THREAD_CPUTIME_ID is another one for each caller.
i32 fixed_clock(i32 clock);

// `clock`: a fixed one.
bool is_clock_of_thread(i32 clock, u32 tid);

// False: no such clock.
bool read_clock(i32 clock, u64& ns);

// The clock that the hypervisor's timers use for it.
i32 host_clock(i32 clock);

}  // namespace kx::libos
