// A blocked wait is ended by an interval timer's handler with EINTR: wait(2).
// marks: fork
#include <sys/time.h>

#include "relatives.h"

static void on_alarm(int number) {
  (void)number;
}

CASE {
  struct gate gate = make_gate();
  pid_t child;
  START(child) pass_gate(gate);
  handle(SIGALRM, on_alarm, 0);
  struct itimerval often = {{0, 10000}, {0, 10000}}, never = {{0, 0}, {0, 0}};
  int status;
  siginfo_t info;
  NEED(setitimer(ITIMER_REAL, &often, NULL) == 0);
  SHOW(waitpid(child, &status, 0));
  SHOW(wait(&status));
  SHOW(waitid(P_ALL, 0, &info, WEXITED));
  NEED(setitimer(ITIMER_REAL, &never, NULL) == 0);
  open_gate(gate);
  reap("child", child);
}
