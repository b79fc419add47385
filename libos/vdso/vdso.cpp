// The vDSO (vdso(7)): clocks from the time page, everything else by the system call.
#include <sys/syscall.h>

#include <kx/abi/boot.hpp>

#include "../process/time_page.hpp"

// Not const: the hypervisor changes it.
extern "C" __attribute__((visibility("hidden"))) kx::abi::TimePage kx_time_page;

namespace {

using kx::libos::second_ns;
using kx::libos::TimeReading;

struct Timespec {
  long seconds;
  long nanoseconds;
};
struct Timeval {
  long seconds;
  long microseconds;
};
struct Timezone {
  int minutes_west;
  int daylight;
};

enum Clock : int {
  realtime = 0,
  monotonic = 1,
  raw = 4,
  realtime_coarse = 5,
  monotonic_coarse = 6,
  boottime = 7,
  tai = 11
};

long system_call(long number, long a, long b, long c = 0) {
  long result;
  asm volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
  return result;
}

bool select_clock(const TimeReading& reading, int clock, unsigned long& ns) {
  switch (clock) {
    case realtime:
    case realtime_coarse:
      ns = reading.realtime_ns;
      return true;
    case monotonic:
    case monotonic_coarse:
      ns = reading.monotonic_ns;
      return true;
    case raw:
      ns = reading.raw_ns;
      return true;
    case boottime:
      ns = reading.boottime_ns;
      return true;
    case tai:
      ns = reading.tai_ns;
      return true;
    default:
      return false;
  }
}

}  // namespace

extern "C" {

#define KX_EXPORT __attribute__((visibility("default")))
#define KX_ALIAS(name) __attribute__((weak, visibility("default"), alias(name)))

KX_EXPORT int __vdso_clock_gettime(int clock, Timespec* time) {
  const TimeReading reading = kx::libos::read_time_page(kx_time_page);
  unsigned long ns = 0;
  if (reading.stale || !select_clock(reading, clock, ns)) {
    return static_cast<int>(system_call(SYS_clock_gettime, clock, reinterpret_cast<long>(time)));
  }
  time->seconds = static_cast<long>(ns / second_ns);
  time->nanoseconds = static_cast<long>(ns % second_ns);
  return 0;
}

KX_EXPORT int __vdso_gettimeofday(Timeval* time, Timezone* zone) {
  const TimeReading reading = kx::libos::read_time_page(kx_time_page);
  if (reading.stale) {
    return static_cast<int>(system_call(SYS_gettimeofday, reinterpret_cast<long>(time), reinterpret_cast<long>(zone)));
  }
  if (time != nullptr) {
    time->seconds = static_cast<long>(reading.realtime_ns / second_ns);
    time->microseconds = static_cast<long>(reading.realtime_ns % second_ns / 1000);
  }
  if (zone != nullptr) {
    *zone = {0, 0};
  }
  return 0;
}

KX_EXPORT long __vdso_time(long* time) {
  const TimeReading reading = kx::libos::read_time_page(kx_time_page);
  if (reading.stale) {
    return system_call(SYS_time, reinterpret_cast<long>(time), 0);
  }
  const long seconds = static_cast<long>(reading.realtime_ns / second_ns);
  if (time != nullptr) {
    *time = seconds;
  }
  return seconds;
}

KX_EXPORT int __vdso_clock_getres(int clock, Timespec* resolution) {
  return static_cast<int>(system_call(SYS_clock_getres, clock, reinterpret_cast<long>(resolution)));
}

KX_EXPORT long __vdso_getcpu(unsigned* cpu, unsigned* node, void* unused) {
  return system_call(SYS_getcpu, reinterpret_cast<long>(cpu), reinterpret_cast<long>(node),
                     reinterpret_cast<long>(unused));
}

KX_ALIAS("__vdso_clock_gettime") int clock_gettime(int clock, Timespec* time);
KX_ALIAS("__vdso_gettimeofday") int gettimeofday(Timeval* time, Timezone* zone);
KX_ALIAS("__vdso_time") long time(long* time);
KX_ALIAS("__vdso_clock_getres") int clock_getres(int clock, Timespec* resolution);
KX_ALIAS("__vdso_getcpu") long getcpu(unsigned* cpu, unsigned* node, void* unused);
}
