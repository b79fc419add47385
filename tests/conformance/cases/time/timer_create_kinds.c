// timer_create: absolute times, SIGEV_NONE, the default signal, overruns while blocked: timer_create(2).
#include <time.h>

#include "case.h"

static volatile int rings;

static void on_alarm(int number) {
  (void)number;
  rings++;
}

CASE {
  timer_t timer;
  struct timespec now;
  handle(SIGALRM, on_alarm, 0);
  SHOW(timer_create(CLOCK_REALTIME, NULL, &timer));
  clock_gettime(CLOCK_REALTIME, &now);
  struct itimerspec setting = {.it_value = {now.tv_sec - 10, 0}};
  SHOW(timer_settime(timer, TIMER_ABSTIME, &setting, NULL));
  while (!rings)
    ;
  SHOW(rings);
  SHOW(timer_delete(timer));
  struct sigevent event = {0};
  event.sigev_notify = SIGEV_NONE;
  SHOW(timer_create(CLOCK_MONOTONIC, &event, &timer));
  setting = (struct itimerspec){.it_value = {50, 0}};
  SHOW(timer_settime(timer, 0, &setting, NULL));
  SHOW(timer_gettime(timer, &setting));
  CHECK(setting.it_value.tv_sec >= 45 && setting.it_value.tv_sec <= 50);
  SHOW(timer_delete(timer));
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  NEED(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
  event.sigev_notify = SIGEV_SIGNAL;
  event.sigev_signo = SIGUSR1;
  SHOW(timer_create(CLOCK_MONOTONIC, &event, &timer));
  setting = (struct itimerspec){.it_interval = {0, 1000000}, .it_value = {0, 1000000}};
  SHOW(timer_settime(timer, 0, &setting, NULL));
  nanosleep(&(struct timespec){0, 100000000}, NULL);
  siginfo_t info;
  CHECK(sigwaitinfo(&set, &info) == SIGUSR1);
  say("code %d overruns %d\n", info.si_code, info.si_overrun > 5);
  CHECK(timer_getoverrun(timer) > 5);
}
