// poll, ppoll, select and pselect end with EINTR after a handler, SA_RESTART or not, and go on after none: signal(7).
#include <sys/select.h>
#include <sys/time.h>

#include "readiness.h"

static int caught;

static void on_signal(int number) {
  (void)number;
  caught++;
}

static void on_timer(void) {
  struct itimerval time = {{0, 0}, {0, 20000}};
  NEED(setitimer(ITIMER_REAL, &time, NULL) == 0);
}

static void all_kinds(void) {
  int ends[2];
  make_pipe(ends);
  struct pollfd entry = {ends[0], POLLIN, 0x55};
  struct timeval time = {100, 0};
  struct timespec finer = {100, 0};
  fd_set set;
  on_timer();
  SHOW(poll(&entry, 1, -1));
  SHOW(entry.revents);
  on_timer();
  SHOW(syscall(SYS_ppoll, &entry, 1, &finer, NULL, 0));
  CHECK(finer.tv_sec < 100 && finer.tv_sec > 0);
  FD_ZERO(&set);
  FD_SET(ends[0], &set);
  on_timer();
  SHOW(select(ends[0] + 1, &set, NULL, NULL, &time));
  CHECK(time.tv_sec < 100 && time.tv_sec > 0);
  CHECK(FD_ISSET(ends[0], &set));
  on_timer();
  SHOW(pselect(ends[0] + 1, &set, NULL, NULL, NULL, NULL));
  SHOW(caught);
  NEED(close(ends[0]) == 0 && close(ends[1]) == 0);
}

CASE {
  handle(SIGALRM, on_signal, 0);
  all_kinds();
  handle(SIGALRM, on_signal, SA_RESTART);
  all_kinds();
  handle(SIGALRM, SIG_IGN, 0);
  on_timer();
  SHOW(poll(NULL, 0, 60));
  on_timer();
  SHOW(select(0, NULL, NULL, NULL, &(struct timeval){0, 60000}));
  SHOW(caught);
}
