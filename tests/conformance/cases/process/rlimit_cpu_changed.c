// A limit of CPU time that is raised in time has no effect; one that has passed already has it soon: setrlimit(2).
// marks: fork
#include <sys/resource.h>
#include <time.h>

#include "relatives.h"

static void limit_to(rlim_t soft, rlim_t hard) {
  SHOW(setrlimit(RLIMIT_CPU, &(struct rlimit){soft, hard}));
}

CASE {
  pid_t child;
  START(child) {
    limit_to(1, RLIM_INFINITY);
    limit_to(RLIM_INFINITY, RLIM_INFINITY);
    while (clock() < CLOCKS_PER_SEC * 11 / 10)
      ;
    say("still there\n");
    limit_to(0, 5);
    for (;;)
      ;
  }
  reap("child", child);
}
