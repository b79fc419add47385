// A timer that expires faster than its handler is through leaves the program some time for itself: setitimer(2)
#include <sys/time.h>

#include "case.h"

static volatile sig_atomic_t seen;
static void on_alarm(int number) {
  (void)number;
  seen++;
}

CASE {
  handle(SIGALRM, on_alarm, 0);
  const struct itimerval often = {{0, 20}, {0, 20}};
  NEED(setitimer(ITIMER_REAL, &often, NULL) == 0);
  volatile unsigned long sum = 0;
  for (unsigned long i = 0; i < 2000000; i++) sum += i;
  while (seen < 20) continue;
  const struct itimerval never = {{0, 0}, {0, 0}};
  NEED(setitimer(ITIMER_REAL, &never, NULL) == 0);
  SHOW((long)sum);
}
