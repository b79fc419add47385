// sigaction: installing, reading back, errors: sigaction(2).
// variants: static,musl
#include "case.h"

static volatile int count;

static void on_signal(int number) {
  count += number;
}

CASE {
  struct sigaction action = {0}, old;
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;
  sigaddset(&action.sa_mask, SIGUSR2);
  SHOW(sigaction(SIGUSR1, &action, &old));
  CHECK(old.sa_handler == SIG_DFL);
  SHOW(sigaction(SIGUSR1, NULL, &old));
  CHECK(old.sa_handler == on_signal && (old.sa_flags & SA_RESTART));
  SHOW(sigismember(&old.sa_mask, SIGUSR2));
  SHOW(sigismember(&old.sa_mask, SIGUSR1));
  SHOW(raise(SIGUSR1));
  SHOW(kill(getpid(), SIGUSR1));
  CHECK(count == 2 * SIGUSR1);
  SHOW(sigaction(SIGKILL, &action, NULL));
  SHOW(sigaction(SIGSTOP, &action, NULL));
  SHOW(sigaction(SIGKILL, NULL, &old));
  SHOW(sigaction(65, &action, NULL));
  SHOW(sigaction(0, &action, NULL));
  SHOW(sigaction(64, &action, NULL));
  CHECK(signal(SIGUSR1, SIG_IGN) == on_signal);
  SHOW(raise(SIGUSR1));
  SHOW(syscall(SYS_rt_sigaction, SIGUSR1, NULL, NULL, 4));
  SHOW(syscall(SYS_rt_sigaction, SIGUSR1, (void*)8, NULL, 8));
}
