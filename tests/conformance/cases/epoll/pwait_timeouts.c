// Timeouts of epoll_wait and epoll_pwait2, shorter than a millisecond too, are never cut short: epoll_wait(2).
#include "readiness.h"

CASE {
  int epoll = make_epoll();
  struct epoll_event event;
  struct timespec start, time = {0, 30000000};
  NEED(clock_gettime(CLOCK_MONOTONIC, &start) == 0);
  SHOW(epoll_wait(epoll, &event, 1, 30));
  CHECK(since_ms(&start) >= 29);
  NEED(clock_gettime(CLOCK_MONOTONIC, &start) == 0);
  SHOW(syscall(441, epoll, &event, 1, &time, NULL, 0));
  CHECK(since_ms(&start) >= 29);
  CHECK(time.tv_sec == 0 && time.tv_nsec == 30000000);
  time = (struct timespec){0, 300000};
  SHOW(syscall(441, epoll, &event, 1, &time, NULL, 0));
  time = (struct timespec){0, 0};
  SHOW(syscall(441, epoll, &event, 1, &time, NULL, 0));
  int ends[2];
  make_pipe(ends);
  must_write(ends[1], "x");
  watch(epoll, ends[0], EPOLLIN, 1);
  time = (struct timespec){INT64_MAX, 999999999};
  SHOW(syscall(441, epoll, &event, 1, &time, NULL, 0));
  SHOW(syscall(441, epoll, &event, 1, NULL, NULL, 0));
  SHOW(epoll_wait(epoll, &event, 1, INT_MAX));
  SHOW(epoll_wait(epoll, &event, 1, INT_MIN));
}
