// getrusage and times grow with work and stay sane: getrusage(2), times(2).
#include <sys/resource.h>
#include <sys/times.h>

#include "case.h"

static long microseconds(void) {
  struct rusage usage;
  NEED(getrusage(RUSAGE_SELF, &usage) == 0);
  return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 + usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
}

CASE {
  struct rusage usage;
  struct tms ticks;
  long start = microseconds();
  while (microseconds() - start < 50000)
    ;
  CHECK(microseconds() >= start + 50000);
  SHOW(getrusage(RUSAGE_SELF, &usage));
  CHECK(usage.ru_maxrss > 100);
  SHOW(getrusage(RUSAGE_CHILDREN, &usage));
  SHOW(usage.ru_utime.tv_sec);
  SHOW(getrusage(RUSAGE_THREAD, &usage));
  SHOW(getrusage(99, &usage));
  SHOW(getrusage(RUSAGE_SELF, (struct rusage*)8));
  CHECK(times(&ticks) > 0);
  CHECK(ticks.tms_utime + ticks.tms_stime >= 3);
  SHOW(ticks.tms_cutime);
  SHOW(sysconf(_SC_CLK_TCK));
}
