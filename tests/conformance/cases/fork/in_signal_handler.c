// fork in a signal handler: both return from the handler: signal-safety(7).
// marks: fork
#include "relatives.h"

static volatile pid_t made = -1;

static void on_signal(int number) {
  (void)number;
  made = fork();
}

CASE {
  handle(SIGUSR1, on_signal, 0);
  raise(SIGUSR1);
  sigset_t mask;
  sigprocmask(SIG_SETMASK, NULL, &mask);
  if (made == 0) {
    say("child: after the handler, blocked %d\n", sigismember(&mask, SIGUSR1));
    _exit(4);
  }
  NEED(made > 0);
  reap("child", made);
  say("parent: after the handler, blocked %d\n", sigismember(&mask, SIGUSR1));
}
