// Neither alarm, nor interval timers, nor POSIX timers are there in the child: fork(2).
// marks: fork, lane
#include <sys/time.h>

#include "relatives.h"

CASE {
  struct itimerval value = {{0, 0}, {1000, 0}}, got;
  timer_t timer;
  struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
  NEED(setitimer(ITIMER_REAL, &value, NULL) == 0 && setitimer(ITIMER_VIRTUAL, &value, NULL) == 0);
  NEED(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0);
  struct itimerspec setting = {{0, 0}, {1000, 0}}, left;
  NEED(timer_settime(timer, 0, &setting, NULL) == 0);
  pid_t child;
  START(child) {
    NEED(getitimer(ITIMER_REAL, &got) == 0);
    say("child: real %ld", (long)got.it_value.tv_sec);
    NEED(getitimer(ITIMER_VIRTUAL, &got) == 0);
    say(", virtual %ld\n", (long)got.it_value.tv_sec);
    SHOW(alarm(0));
    SHOW(syscall(SYS_timer_gettime, 0, &left));
    SHOW(syscall(SYS_timer_delete, 0));
  }
  reap("child", child);
  CHECK(alarm(0) > 900);
  NEED(timer_gettime(timer, &left) == 0);
  CHECK(left.it_value.tv_sec > 900);
}
