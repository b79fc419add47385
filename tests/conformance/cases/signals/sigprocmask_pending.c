// Blocked signals stay pending, once each, and come when unblocked: sigprocmask(2), sigpending(2).
// variants: static,musl
#include "case.h"

static void on_signal(int number) {
  say("got %s\n", signal_name(number));
}

CASE {
  sigset_t set, old, pending;
  handle(SIGUSR1, on_signal, 0);
  handle(SIGUSR2, on_signal, 0);
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  sigaddset(&set, SIGUSR2);
  SHOW(sigprocmask(SIG_BLOCK, &set, &old));
  for (int i = 0; i < 3; i++) NEED(raise(SIGUSR1) == 0);
  SHOW(sigpending(&pending));
  say("pending %d %d\n", sigismember(&pending, SIGUSR1), sigismember(&pending, SIGUSR2));
  NEED(raise(SIGUSR2) == 0);
  SHOW(sigpending(&pending));
  say("pending %d %d\n", sigismember(&pending, SIGUSR1), sigismember(&pending, SIGUSR2));
  sigdelset(&set, SIGUSR1);
  SHOW(sigprocmask(SIG_SETMASK, &set, NULL));
  SHOW(sigprocmask(SIG_SETMASK, &old, &set));
  say("was blocked %d %d\n", sigismember(&set, SIGUSR1), sigismember(&set, SIGUSR2));
  SHOW(sigprocmask(99, &set, NULL));
  sigfillset(&set);
  SHOW(sigprocmask(SIG_SETMASK, &set, NULL));
  SHOW(sigprocmask(SIG_SETMASK, NULL, &old));
  say("kill %d stop %d term %d\n", sigismember(&old, SIGKILL), sigismember(&old, SIGSTOP), sigismember(&old, SIGTERM));
}
