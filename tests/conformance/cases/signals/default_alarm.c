// An unhandled SIGALRM of a timer ends a waiting program with 128 + 14: alarm(2).
#include <sys/time.h>

#include "case.h"

CASE {
  // Blocked until the call has been printed: the timer does not wait for a busy machine.
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGALRM);
  NEED(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
  struct itimerval timer = {.it_value = {0, 20000}};
  SHOW(setitimer(ITIMER_REAL, &timer, NULL));
  NEED(sigprocmask(SIG_UNBLOCK, &set, NULL) == 0);
  pause();
  say("not reached\n");
}
