// CPU time clocks grow with work and not with sleep: clock_gettime(2), clock(3).
#include <time.h>

#include "case.h"

static double now(clockid_t clock) {
  struct timespec time = {0};
  NEED(clock_gettime(clock, &time) == 0);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

CASE {
  double process = now(CLOCK_PROCESS_CPUTIME_ID), thread = now(CLOCK_THREAD_CPUTIME_ID);
  nanosleep(&(struct timespec){0, 200000000}, NULL);
  CHECK(now(CLOCK_PROCESS_CPUTIME_ID) - process < 0.15);
  double start = now(CLOCK_MONOTONIC);
  for (volatile long i = 0; now(CLOCK_PROCESS_CPUTIME_ID) - process < 0.1 && now(CLOCK_MONOTONIC) - start < 15; i++)
    ;
  CHECK(now(CLOCK_PROCESS_CPUTIME_ID) - process >= 0.1);
  CHECK(now(CLOCK_THREAD_CPUTIME_ID) - thread > 0.05);
  CHECK(clock() > 0);
  clockid_t clock_id;
  SHOW(clock_getcpuclockid(0, &clock_id));
  CHECK(now(clock_id) > 0.05);
}
