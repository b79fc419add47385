// WNOWAIT leaves the child to be waited for again: waitid(2).
// marks: fork
#include "relatives.h"

CASE {
  pid_t child;
  START(child) _exit(9);
  siginfo_t info;
  for (int i = 0; i < 3; i++) {
    SHOW(waitid(P_ALL, 0, &info, WEXITED | WNOWAIT));
    say("%d %d\n", info.si_pid == child, info.si_status);
  }
  SHOW(kill(child, 0));
  reap("child", child);
  SHOW(waitid(P_ALL, 0, &info, WEXITED | WNOWAIT));
  SHOW(kill(child, 0));
}
