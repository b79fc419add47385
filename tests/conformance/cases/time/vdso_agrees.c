// The vDSO and the system call give the same clocks: vdso(7), clock_gettime(2).
#include <sys/time.h>
#include <time.h>

#include "case.h"

static long nanoseconds(struct timespec time) {
  return time.tv_sec * 1000000000 + time.tv_nsec;
}

CASE {
  static const clockid_t clocks[] = {CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_MONOTONIC_RAW, CLOCK_BOOTTIME};
  for (int i = 0; i < 4; i++) {
    long out_of_order = 0, far = 0;
    for (int round = 0; round < 300; round++) {
      struct timespec before, middle, after;
      clock_gettime(clocks[i], &before);
      syscall(SYS_clock_gettime, clocks[i], &middle);
      clock_gettime(clocks[i], &after);
      out_of_order += nanoseconds(before) > nanoseconds(middle) || nanoseconds(middle) > nanoseconds(after);
      far += nanoseconds(after) - nanoseconds(before) > 2000000000;
    }
    say("clock %d: out of order %ld, far %ld\n", i, out_of_order, far);
  }
  struct timeval one, two;
  gettimeofday(&one, NULL);
  syscall(SYS_gettimeofday, &two, NULL);
  CHECK(two.tv_sec - one.tv_sec >= 0 && two.tv_sec - one.tv_sec < 5);
  CHECK(labs(syscall(SYS_time, NULL) - time(NULL)) <= 1);
}
