// Edges of a timer: one for each expiration until it is read, and it is set again by what a handler does: epoll(7).
#include <sys/timerfd.h>

#include "readiness.h"

CASE {
  struct itimerspec past = {{0, 0}, {1, 0}}, off = {{0, 0}, {0, 0}};
  uint64_t count;
  int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK), epoll = make_epoll();
  watch(epoll, fd, EPOLLIN | EPOLLET, 1);
  show_ready("new", epoll);
  NEED(timerfd_settime(fd, TFD_TIMER_ABSTIME, &past, NULL) == 0);
  show_wait("expired", epoll, 8, 10000);
  show_ready("once", epoll);
  NEED(timerfd_settime(fd, TFD_TIMER_ABSTIME, &past, NULL) == 0);
  show_wait("expired again, not read", epoll, 8, 10000);
  SHOW(read(fd, &count, 8));
  SHOW(count);
  NEED(timerfd_settime(fd, TFD_TIMER_ABSTIME, &past, NULL) == 0);
  show_poll("expired", fd, POLLIN, 10000);
  NEED(timerfd_settime(fd, 0, &off, NULL) == 0);
  show_ready("disarmed", epoll);
  struct itimerspec short_interval = {{0, 1000000}, {0, 1000000}};
  NEED(timerfd_settime(fd, 0, &short_interval, NULL) == 0);
  for (int i = 0; i < 3; i++) {
    show_wait("interval", epoll, 8, 10000);
    NEED(read(fd, &count, 8) == 8);
  }
  NEED(timerfd_settime(fd, 0, &off, NULL) == 0);
  show_ready("off", epoll);
}
