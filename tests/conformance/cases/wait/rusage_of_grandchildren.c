// What a grandchild used comes with its parent, if that one waited for it: getrusage(2).
// marks: fork
#include <sys/resource.h>

#include "relatives.h"

static long children_ms(void) {
  struct rusage usage;
  NEED(getrusage(RUSAGE_CHILDREN, &usage) == 0);
  return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000 +
         (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1000;
}

CASE {
  for (int waits = 0; waits < 2; waits++) {
    pid_t middle, grandchild;
    START(middle) {
      START(grandchild) {
        struct timespec time;
        do NEED(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time) == 0);
        while (time.tv_nsec < 200000000 && time.tv_sec == 0);
      }
      await_zombie(grandchild);
      if (waits) ended(grandchild);
    }
    reap("middle", middle);
    say("more than 150 ms: %d\n", children_ms() >= 150);
  }
}
