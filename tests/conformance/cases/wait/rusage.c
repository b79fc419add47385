// wait4 gives the resources the child used, and RUSAGE_CHILDREN adds those that were waited for: getrusage(2).
// marks: fork, lane
#include <sys/resource.h>

#include "relatives.h"

static long used_ms(void) {
  struct timespec time;
  NEED(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time) == 0);
  return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static long total_ms(const struct rusage* usage) {
  return (usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) * 1000 +
         (usage->ru_utime.tv_usec + usage->ru_stime.tv_usec) / 1000;
}

CASE {
  struct rusage usage, children;
  pid_t child;
  START(child) while (used_ms() < 200) continue;
  await_zombie(child);
  NEED(getrusage(RUSAGE_CHILDREN, &children) == 0);
  say("before the wait: %d\n", total_ms(&children) < 100);
  CHECK(wait4(child, NULL, 0, &usage) == child);
  CHECK(total_ms(&usage) >= 150);
  CHECK(total_ms(&usage) < 5000);
  CHECK(usage.ru_maxrss > 0);
  NEED(getrusage(RUSAGE_CHILDREN, &children) == 0);
  CHECK(total_ms(&children) >= 150);
  CHECK(children.ru_maxrss > 0);
}
