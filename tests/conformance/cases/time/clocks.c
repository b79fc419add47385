// Clocks: monotonic, close to each other, errors, resolutions: clock_gettime(2), clock_getres(2).
// variants: static,musl
#include <sys/time.h>
#include <time.h>

#include "case.h"

static double now(clockid_t clock) {
  struct timespec time = {0};
  NEED(clock_gettime(clock, &time) == 0);
  NEED(time.tv_nsec >= 0 && time.tv_nsec < 1000000000);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

CASE {
  CHECK(now(CLOCK_REALTIME) > 1.5e9);
  struct timeval day;
  SHOW(gettimeofday(&day, NULL));
  CHECK((double)day.tv_sec - now(CLOCK_REALTIME) < 2 && now(CLOCK_REALTIME) - (double)day.tv_sec < 5);
  CHECK(labs(time(NULL) - (long)now(CLOCK_REALTIME)) <= 2);
  double monotonic = now(CLOCK_MONOTONIC), raw = now(CLOCK_MONOTONIC_RAW), boot = now(CLOCK_BOOTTIME),
         coarse = now(CLOCK_MONOTONIC_COARSE);
  CHECK(monotonic > 0 && raw > 0 && boot >= monotonic);
  CHECK(monotonic - coarse < 1 && coarse - monotonic < 1);
  CHECK(now(CLOCK_REALTIME) - now(CLOCK_REALTIME_COARSE) < 1);
  double tai = now(CLOCK_TAI) - now(CLOCK_REALTIME);
  CHECK(tai > -1 && tai < 60);
  long backwards = 0;
  for (int i = 0; i < 100000; i++) {
    double next = now(CLOCK_MONOTONIC);
    backwards += next < monotonic;
    monotonic = next;
  }
  SHOW(backwards);
  struct timespec resolution;
  SHOW(clock_getres(CLOCK_MONOTONIC, &resolution));
  say("%ld %ld\n", (long)resolution.tv_sec, resolution.tv_nsec);
  SHOW(clock_getres(CLOCK_REALTIME, NULL));
  SHOW(clock_getres(99, &resolution));
  SHOW(clock_gettime(99, &resolution));
  SHOW(clock_settime(CLOCK_MONOTONIC, &resolution));
}
