// A read of an empty pipe goes on after a handler with SA_RESTART: signal(7).
// variants: static,musl
#include <sys/time.h>

#include "case.h"

static int ends[2], rings;
static const struct itimerval stop;

static void on_alarm(int number) {
  say("ring %d of %s\n", ++rings, signal_name(number));
  if (rings < 3) return;
  NEED(setitimer(ITIMER_REAL, &stop, NULL) == 0);
  if (write(ends[1], "data", 4) != 4) _exit(96);
}

CASE {
  NEED(pipe(ends) == 0);
  handle(SIGALRM, on_alarm, SA_RESTART);
  struct itimerval timer = {.it_interval = {0, 100000}, .it_value = {0, 100000}};
  SHOW(setitimer(ITIMER_REAL, &timer, NULL));
  char buffer[16] = "";
  SHOW(read(ends[0], buffer, sizeof buffer));
  say("%s after %d rings\n", buffer, rings);
}
