// timer_create with SIGEV_SIGNAL: value, code, overrun, gettime, delete, errors: timer_create(2).
#include <time.h>

#include "case.h"

static volatile int rings;

static void on_timer(int number, siginfo_t* info, void* context) {
  (void)context;
  if (rings++ == 0)
    say("real-time signal %d code %d value %d\n", number - SIGRTMIN, info->si_code, info->si_value.sival_int);
}

CASE {
  struct sigevent event = {0};
  event.sigev_notify = SIGEV_SIGNAL;
  event.sigev_signo = SIGRTMIN + 4;
  event.sigev_value.sival_int = 1234;
  handle_info(SIGRTMIN + 4, on_timer, 0);
  timer_t timer;
  SHOW(timer_create(CLOCK_MONOTONIC, &event, &timer));
  struct itimerspec setting = {.it_interval = {0, 5000000}, .it_value = {0, 5000000}}, now, old;
  SHOW(timer_gettime(timer, &now));
  say("%ld %ld\n", (long)now.it_value.tv_sec, now.it_value.tv_nsec);
  NEED(timer_settime(timer, 0, &setting, &old) == 0);  // nothing is printed that the first ring could come before
  while (rings < 3) pause();
  SHOW(timer_gettime(timer, &now));
  say("interval %ld\n", now.it_interval.tv_nsec);
  CHECK(timer_getoverrun(timer) >= 0);
  SHOW(timer_settime(timer, 0, &(struct itimerspec){0}, &old));
  say("interval %ld\n", old.it_interval.tv_nsec);
  setting.it_value.tv_nsec = -1;
  SHOW(timer_settime(timer, 0, &setting, NULL));
  SHOW(timer_delete(timer));
  event.sigev_signo = 99;
  SHOW(timer_create(CLOCK_MONOTONIC, &event, &timer));
  SHOW(timer_create(99, NULL, &timer));
  SHOW(syscall(SYS_timer_delete, 12345));
  SHOW(syscall(SYS_timer_gettime, 12345, &now));
}
