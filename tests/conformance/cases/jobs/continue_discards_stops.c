// SIGCONT takes away pending stop signals, and a stop signal a pending SIGCONT: signal(7).
// marks: fork
#include "relatives.h"

static int pending(int number) {
  sigset_t set;
  NEED(sigpending(&set) == 0);
  return sigismember(&set, number);
}

CASE {
  pid_t child;
  START(child) {
    NEED(setpgid(0, 0) == 0);
    block_signal(SIGTSTP);
    block_signal(SIGTTIN);
    block_signal(SIGCONT);
    raise(SIGTSTP);
    raise(SIGTTIN);
    say("%d %d %d\n", pending(SIGTSTP), pending(SIGTTIN), pending(SIGCONT));
    raise(SIGCONT);
    say("%d %d %d\n", pending(SIGTSTP), pending(SIGTTIN), pending(SIGCONT));
    raise(SIGTSTP);
    say("%d %d %d\n", pending(SIGTSTP), pending(SIGTTIN), pending(SIGCONT));
  }
  reap("child", child);
}
