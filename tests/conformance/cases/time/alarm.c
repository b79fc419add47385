// alarm replaces the one before and tells what was left; it shares the timer of setitimer: alarm(2).
#include <sys/time.h>

#include "case.h"

static void on_alarm(int number) {
  say("got %s\n", signal_name(number));
}

CASE {
  handle(SIGALRM, on_alarm, 0);
  SHOW(alarm(100));
  CHECK(alarm(50) >= 95);
  struct itimerval now;
  NEED(getitimer(ITIMER_REAL, &now) == 0);
  CHECK(now.it_value.tv_sec >= 45 && now.it_value.tv_sec <= 50);
  CHECK(alarm(0) >= 45);
  SHOW(alarm(0));
  SHOW(alarm(1));
  SHOW(pause());
  SHOW(alarm(0));
}
