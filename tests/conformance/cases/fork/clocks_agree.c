// Real and monotonic time go on in the child, and agree with the parent's: clock_gettime(2).
// marks: fork
#include "relatives.h"

static struct timespec* stamps;

static long long ns(struct timespec time) {
  return time.tv_sec * 1000000000ll + time.tv_nsec;
}

CASE {
  stamps = shared_memory(KX_PAGE);
  const clockid_t clocks[] = {CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME};
  for (int i = 0; i < 3; i++) {
    struct timespec before, after;
    NEED(clock_gettime(clocks[i], &before) == 0);
    pid_t child;
    START(child) NEED(clock_gettime(clocks[i], stamps) == 0);
    reap("child", child);
    NEED(clock_gettime(clocks[i], &after) == 0);
    say("clock %d: in between %d\n", i, ns(before) <= ns(*stamps) && ns(*stamps) <= ns(after));
  }
}
