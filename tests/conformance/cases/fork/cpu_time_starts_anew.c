// A child's CPU clocks, times and rusage start at zero: fork(2).
// marks: fork
#include <sys/resource.h>
#include <sys/times.h>

#include "relatives.h"

static long used_ms(clockid_t clock) {
  struct timespec time;
  NEED(clock_gettime(clock, &time) == 0);
  return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

CASE {
  while (used_ms(CLOCK_PROCESS_CPUTIME_ID) < 300) continue;
  pid_t child;
  START(child) {
    struct rusage usage;
    struct tms times_now;
    NEED(getrusage(RUSAGE_SELF, &usage) == 0 && times(&times_now) != -1);
    say("child: process %d, thread %d, rusage %d, times %d, children %ld\n", used_ms(CLOCK_PROCESS_CPUTIME_ID) < 250,
        used_ms(CLOCK_THREAD_CPUTIME_ID) < 250, usage.ru_utime.tv_sec == 0 && usage.ru_utime.tv_usec < 250000,
        times_now.tms_utime < 25, (long)(times_now.tms_cutime + times_now.tms_cstime));
  }
  reap("child", child);
  CHECK(used_ms(CLOCK_PROCESS_CPUTIME_ID) >= 300);
}
