// Without SA_RESTART a blocked read, write or wait gives EINTR: signal(7).
// variants: static,musl
#include <poll.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/time.h>
#include <time.h>

#include "case.h"

static void on_alarm(int number) {
  (void)number;
}

static void ring_soon(void) {
  struct itimerval timer = {.it_value = {0, 30000}};
  NEED(setitimer(ITIMER_REAL, &timer, NULL) == 0);
}

CASE {
  int ends[2];
  NEED(pipe(ends) == 0);
  handle(SIGALRM, on_alarm, 0);
  char buffer[4096] = "";
  ring_soon();
  SHOW(read(ends[0], buffer, sizeof buffer));
  for (int i = 0; i < 16; i++) NEED(write(ends[1], buffer, sizeof buffer) == sizeof buffer);
  ring_soon();
  SHOW(write(ends[1], buffer, sizeof buffer));
  struct pollfd poller = {ends[1], POLLOUT, 0};
  handle(SIGALRM, on_alarm, SA_RESTART);
  ring_soon();
  SHOW(poll(&poller, 1, 15000));
  fd_set set;
  FD_ZERO(&set);
  FD_SET(ends[1], &set);
  ring_soon();
  SHOW(select(ends[1] + 1, NULL, &set, NULL, &(struct timeval){15, 0}));
  int epoll = epoll_create1(0);
  struct epoll_event event;
  ring_soon();
  SHOW(epoll_wait(epoll, &event, 1, 15000));
  ring_soon();
  SHOW(nanosleep(&(struct timespec){15, 0}, NULL));
  ring_soon();
  SHOW_CODE(clock_nanosleep(CLOCK_MONOTONIC, 0, &(struct timespec){15, 0}, NULL));
}
