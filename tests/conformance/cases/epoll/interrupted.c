// A handler ends epoll_wait with EINTR, SA_RESTART or not; an ignored signal and one without action do not: signal(7).
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

CASE {
  int epoll = make_epoll();
  struct epoll_event event;
  handle(SIGALRM, on_signal, 0);
  on_timer();
  SHOW(epoll_wait(epoll, &event, 1, -1));
  SHOW(caught);
  handle(SIGALRM, on_signal, SA_RESTART);
  on_timer();
  SHOW(epoll_wait(epoll, &event, 1, 60000));
  SHOW(caught);
  on_timer();
  SHOW(syscall(441, epoll, &event, 1, &(struct timespec){60, 0}, NULL, 0));
  SHOW(caught);
  handle(SIGALRM, SIG_IGN, 0);
  on_timer();
  SHOW(epoll_wait(epoll, &event, 1, 60));
  handle(SIGWINCH, SIG_DFL, 0);
  raise(SIGWINCH);
  SHOW(epoll_wait(epoll, &event, 1, 10));
  SHOW(caught);
}
