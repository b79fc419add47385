// timerfd: one shot, interval, absolute, reading, nonblocking, errors: timerfd_create(2).
#include <poll.h>
#include <sys/timerfd.h>
#include <time.h>

#include "case.h"

CASE {
  int fd = SHOW(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK));
  uint64_t count = 0;
  SHOW(read(fd, &count, 8));
  struct itimerspec setting = {.it_value = {0, 10000000}}, now;
  SHOW(timerfd_settime(fd, 0, &setting, NULL));
  struct pollfd poller = {fd, POLLIN, 0};
  SHOW(poll(&poller, 1, 10000));
  SHOW(read(fd, &count, 8));
  SHOW(count);
  SHOW(read(fd, &count, 8));
  SHOW(fcntl(fd, F_SETFL, 0));
  setting.it_interval.tv_nsec = 5000000;
  SHOW(timerfd_settime(fd, 0, &setting, NULL));
  SHOW(read(fd, &count, 8));
  CHECK(count >= 1);
  nanosleep(&(struct timespec){0, 50000000}, NULL);
  SHOW(read(fd, &count, 8));
  CHECK(count >= 5);
  SHOW(timerfd_gettime(fd, &now));
  say("interval %ld\n", now.it_interval.tv_nsec);
  setting = (struct itimerspec){.it_value = {1, 0}};
  SHOW(timerfd_settime(fd, TFD_TIMER_ABSTIME, &setting, NULL));
  SHOW(read(fd, &count, 8));
  SHOW(count);
  SHOW(read(fd, &count, 4));
  SHOW(write(fd, &count, 8));
  SHOW(timerfd_settime(0, 0, &setting, NULL));
  SHOW(timerfd_create(99, 0));
  SHOW(timerfd_create(CLOCK_MONOTONIC, 1));
}
