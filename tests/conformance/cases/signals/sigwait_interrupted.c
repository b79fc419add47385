// sigtimedwait is interrupted by a handler of another signal: sigwaitinfo(2).
#include <sys/time.h>
#include <time.h>

#include "case.h"

static void on_alarm(int number) {
  say("got %s\n", signal_name(number));
}

CASE {
  sigset_t set;
  siginfo_t info;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  NEED(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
  handle(SIGALRM, on_alarm, SA_RESTART);
  struct itimerval timer = {.it_value = {0, 20000}};
  struct timespec long_time = {15, 0};
  NEED(setitimer(ITIMER_REAL, &timer, NULL) == 0);
  SHOW(sigtimedwait(&set, &info, &long_time));
}
