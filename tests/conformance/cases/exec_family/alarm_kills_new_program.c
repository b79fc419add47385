// An alarm set before exec ends the new program, since its handler is gone: execve(2).
// marks: fork
#include <sys/time.h>

#include "rerun.h"

static void on_alarm(int number) {
  (void)number;
}

AGAIN {
  unblock_signal(SIGALRM);
  for (;;) pause();
  return 0;
}

CASE {
  pid_t child;
  START(child) {
    struct itimerval soon = {{0, 0}, {0, 20000}};
    handle(SIGALRM, on_alarm, 0);
    block_signal(SIGALRM);
    NEED(setitimer(ITIMER_REAL, &soon, NULL) == 0);
    rerun("x", NULL);
  }
  reap("child", child);
}
