// Signals that are pending for the parent are not for the child: fork(2).
// marks: fork
#include "relatives.h"

static int pending(int number) {
  sigset_t set;
  NEED(sigpending(&set) == 0);
  return sigismember(&set, number);
}

CASE {
  block_signal(SIGUSR1);
  block_signal(SIGRTMIN);
  raise(SIGUSR1);
  kill(getpid(), SIGRTMIN);
  pid_t child;
  START(child) {
    say("child: %d %d\n", pending(SIGUSR1), pending(SIGRTMIN));
    unblock_signal(SIGUSR1);
    unblock_signal(SIGRTMIN);
    say("child lives\n");
  }
  reap("child", child);
  say("parent: %d %d\n", pending(SIGUSR1), pending(SIGRTMIN));
}
