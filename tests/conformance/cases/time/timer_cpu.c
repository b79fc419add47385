// A timer on the CPU clock of the process rings after work: timer_create(2).
#include <time.h>

#include "case.h"

static volatile int rings;

static void on_timer(int number) {
  (void)number;
  rings++;
}

CASE {
  struct sigevent event = {0};
  event.sigev_notify = SIGEV_SIGNAL;
  event.sigev_signo = SIGUSR1;
  handle(SIGUSR1, on_timer, 0);
  timer_t timer;
  SHOW(timer_create(CLOCK_PROCESS_CPUTIME_ID, &event, &timer));
  struct itimerspec setting = {.it_value = {0, 30000000}};
  SHOW(timer_settime(timer, 0, &setting, NULL));
  while (!rings)
    ;
  SHOW(rings);
  SHOW(timer_delete(timer));
}
