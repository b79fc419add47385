// An alarm that a child sets is the child's: its parent sees only its death: alarm(2).
// marks: fork
#include <sys/time.h>

#include "relatives.h"

CASE {
  pid_t child;
  const int kinds[] = {ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF};
  for (int i = 0; i < 3; i++) {
    START(child) {
      struct itimerval soon = {{0, 0}, {0, 10000}};
      NEED(setitimer(kinds[i], &soon, NULL) == 0);
      for (volatile unsigned long n = 0;; n++) continue;
    }
    reap("child", child);
  }
  SHOW(alarm(0));
}
