// At the soft limit of CPU time comes SIGXCPU, which is then a second higher, at the hard one SIGKILL: setrlimit(2).
// marks: fork
#include <sys/resource.h>

#include "relatives.h"

static void on_limit(int number) {
  (void)number;
  struct rlimit limit;
  NEED(getrlimit(RLIMIT_CPU, &limit) == 0);
  say("SIGXCPU: soft limit now %ld of %ld\n", (long)limit.rlim_cur, (long)limit.rlim_max);
}

CASE {
  pid_t child;
  START(child) {
    SHOW(setrlimit(RLIMIT_CPU, &(struct rlimit){1, 2}));
    handle(SIGXCPU, on_limit, 0);
    for (;;)
      ;
  }
  reap("child", child);
}
