// A write to a pipe that is interrupted after a part gives the count of that part: signal(7), pipe(7).
#include <sys/time.h>

#include "case.h"

static void on_alarm(int number) {
  say("got %s\n", signal_name(number));
}

CASE {
  int ends[2];
  NEED(pipe(ends) == 0);
  static char buffer[200000];
  handle(SIGALRM, on_alarm, SA_RESTART);
  struct itimerval timer = {.it_value = {0, 50000}};
  NEED(setitimer(ITIMER_REAL, &timer, NULL) == 0);
  SHOW(write(ends[1], buffer, sizeof buffer));
  SHOW(read(ends[0], buffer, sizeof buffer));
}
