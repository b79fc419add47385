// Alarms and interval timers live on over exec, POSIX timers do not: execve(2).
// marks: fork
#include <sys/time.h>

#include "rerun.h"

AGAIN {
  struct itimerval value;
  struct itimerspec left;
  NEED(getitimer(ITIMER_VIRTUAL, &value) == 0);
  CHECK(value.it_value.tv_sec > 900);
  CHECK(alarm(0) > 900);
  SHOW(syscall(SYS_timer_gettime, 0, &left));
  return 0;
}

CASE {
  pid_t child;
  START(child) {
    struct itimerval value = {{0, 0}, {1000, 0}};
    timer_t timer;
    NEED(setitimer(ITIMER_VIRTUAL, &value, NULL) == 0 && timer_create(CLOCK_MONOTONIC, NULL, &timer) == 0);
    alarm(1000);
    rerun("x", NULL);
  }
  reap("child", child);
}
