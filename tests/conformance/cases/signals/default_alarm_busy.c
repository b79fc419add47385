// An unhandled SIGALRM ends a program that only computes: setitimer(2).
#include <sys/time.h>

#include "case.h"

CASE {
  struct itimerval timer = {.it_value = {0, 20000}};
  // Blocked until the call has been printed: the timer does not wait for a busy machine.
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGALRM);
  NEED(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
  SHOW(setitimer(ITIMER_REAL, &timer, NULL));
  NEED(sigprocmask(SIG_UNBLOCK, &set, NULL) == 0);
  for (volatile long i = 0;; i++)
    ;
}
