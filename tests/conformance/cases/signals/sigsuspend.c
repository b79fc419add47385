// sigsuspend waits with another mask and puts the old one back: sigsuspend(2).
// variants: static,musl
#include <sys/time.h>

#include "case.h"

static void on_signal(int number) {
  sigset_t now;
  NEED(sigprocmask(SIG_SETMASK, NULL, &now) == 0);
  say("got %s, USR2 blocked in it: %d\n", signal_name(number), sigismember(&now, SIGUSR2));
}

CASE {
  sigset_t set, wait_set, now;
  handle(SIGUSR1, on_signal, 0);
  handle(SIGALRM, on_signal, SA_RESTART);
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  NEED(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
  raise(SIGUSR1);
  sigemptyset(&wait_set);
  sigaddset(&wait_set, SIGUSR2);
  SHOW(sigsuspend(&wait_set));
  NEED(sigprocmask(SIG_SETMASK, NULL, &now) == 0);
  say("blocked after it: USR1 %d USR2 %d\n", sigismember(&now, SIGUSR1), sigismember(&now, SIGUSR2));
  struct itimerval timer = {.it_value = {0, 20000}};
  NEED(setitimer(ITIMER_REAL, &timer, NULL) == 0);
  SHOW(sigsuspend(&wait_set));
  NEED(setitimer(ITIMER_REAL, &timer, NULL) == 0);
  SHOW(pause());
}
