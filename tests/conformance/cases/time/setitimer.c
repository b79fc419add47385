// setitimer and getitimer: reading back, intervals, replacing, errors: setitimer(2).
// variants: static,musl
#include <sys/time.h>

#include "case.h"

static volatile int rings;

static void on_signal(int number) {
  (void)number;
  rings++;
}

CASE {
  struct itimerval timer = {.it_interval = {3, 500000}, .it_value = {100, 0}}, old, stop = {0};
  SHOW(getitimer(ITIMER_REAL, &old));
  say("%ld %ld\n", (long)old.it_value.tv_sec, (long)old.it_interval.tv_sec);
  SHOW(setitimer(ITIMER_REAL, &timer, &old));
  SHOW(getitimer(ITIMER_REAL, &old));
  CHECK(old.it_value.tv_sec >= 95 && old.it_value.tv_sec <= 100);
  say("interval %ld %ld\n", (long)old.it_interval.tv_sec, (long)old.it_interval.tv_usec);
  SHOW(setitimer(ITIMER_REAL, &stop, &old));
  CHECK(old.it_value.tv_sec >= 95);
  handle(SIGALRM, on_signal, 0);
  timer = (struct itimerval){.it_interval = {0, 10000}, .it_value = {0, 10000}};
  SHOW(setitimer(ITIMER_REAL, &timer, NULL));
  while (rings < 4) pause();
  SHOW(setitimer(ITIMER_REAL, &stop, NULL));
  CHECK(rings >= 4);
  handle(SIGVTALRM, on_signal, 0);
  rings = 0;
  timer.it_interval.tv_usec = 0;
  SHOW(setitimer(ITIMER_VIRTUAL, &timer, NULL));
  while (!rings)
    ;
  SHOW(rings);
  handle(SIGPROF, on_signal, 0);
  SHOW(setitimer(ITIMER_PROF, &timer, NULL));
  while (rings < 2)
    ;
  SHOW(rings);
  SHOW(setitimer(99, &timer, NULL));
  timer.it_value.tv_usec = 1000000;
  SHOW(setitimer(ITIMER_REAL, &timer, NULL));
  SHOW(getitimer(ITIMER_REAL, (struct itimerval*)8));
}
