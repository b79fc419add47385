// A signal sent while the target executes is not lost: blocked before, taken after: execve(2).
// marks: fork
#include "rerun.h"

AGAIN {
  sigset_t set = set_of(SIGUSR1);
  siginfo_t info;
  NEED(sigwaitinfo(&set, &info) == SIGUSR1);
  say("got SIGUSR1 from the parent %d\n", info.si_pid == getppid());
  return 0;
}

CASE {
  block_signal(SIGUSR1);
  for (int i = 0; i < 5; i++) {
    pid_t child;
    START(child) rerun("x", NULL);
    NEED(kill(child, SIGUSR1) == 0);
    reap("child", child);
  }
}
