// clock_nanosleep to an absolute time, in the past, wrong clocks: clock_nanosleep(2).
#include <time.h>

#include "case.h"

CASE {
  struct timespec target, now, rest = {7, 7};
  NEED(clock_gettime(CLOCK_MONOTONIC, &target) == 0);
  target.tv_nsec += 50000000;
  if (target.tv_nsec >= 1000000000) {
    target.tv_nsec -= 1000000000;
    target.tv_sec++;
  }
  SHOW_CODE(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &target, &rest));
  NEED(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
  CHECK(now.tv_sec > target.tv_sec || (now.tv_sec == target.tv_sec && now.tv_nsec >= target.tv_nsec));
  SHOW(rest.tv_sec);
  SHOW_CODE(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &target, NULL));
  SHOW_CODE(clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &(struct timespec){5, 0}, NULL));
  SHOW_CODE(clock_nanosleep(CLOCK_REALTIME, 0, &(struct timespec){0, 1000000}, NULL));
  SHOW_CODE(clock_nanosleep(CLOCK_BOOTTIME, 0, &(struct timespec){0, 1000000}, NULL));
  SHOW_CODE(clock_nanosleep(CLOCK_THREAD_CPUTIME_ID, 0, &(struct timespec){0, 1}, NULL));
  SHOW_CODE(clock_nanosleep(99, 0, &(struct timespec){0, 1}, NULL));
  SHOW_CODE(clock_nanosleep(CLOCK_MONOTONIC, 0, &(struct timespec){0, -5}, NULL));
}
