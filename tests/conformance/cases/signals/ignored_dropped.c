// A pending signal is dropped when its action becomes SIG_IGN: sigaction(2).
#include "case.h"

static void on_signal(int number) {
  say("got %s\n", signal_name(number));
}

CASE {
  sigset_t set, pending;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  handle(SIGUSR1, on_signal, 0);
  SHOW(sigprocmask(SIG_BLOCK, &set, NULL));
  SHOW(raise(SIGUSR1));
  handle(SIGUSR1, SIG_IGN, 0);
  SHOW(sigpending(&pending));
  SHOW(sigismember(&pending, SIGUSR1));
  handle(SIGUSR1, on_signal, 0);
  SHOW(sigprocmask(SIG_UNBLOCK, &set, NULL));
  handle(SIGCHLD, SIG_DFL, 0);
  handle(SIGWINCH, SIG_DFL, 0);
  SHOW(raise(SIGCHLD));
  SHOW(raise(SIGWINCH));
  SHOW(raise(SIGURG));
  SHOW(raise(SIGCONT));
}
