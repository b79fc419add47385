// A loop without system calls is interrupted by a timer signal: setitimer(2).
// variants: static,musl
#include <sys/time.h>

#include "case.h"

static volatile int rings;

static void on_alarm(int number) {
  (void)number;
  rings++;
}

CASE {
  handle(SIGALRM, on_alarm, 0);
  struct itimerval timer = {.it_interval = {0, 5000}, .it_value = {0, 5000}}, stop = {0};
  SHOW(setitimer(ITIMER_REAL, &timer, NULL));
  while (rings < 5)
    ;
  SHOW(setitimer(ITIMER_REAL, &stop, NULL));
  CHECK(rings >= 5);
}
