// An inherited timerfd is one timer for both: set by the child, read by the parent: timerfd_create(2).
// marks: fork
#include <sys/timerfd.h>

#include "relatives.h"

CASE {
  int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
  struct itimerspec setting = {{0, 0}, {0, 10000000}}, left;
  uint64_t value;
  NEED(fd >= 0);
  pid_t child;
  START(child) {
    NEED(timerfd_settime(fd, 0, &setting, NULL) == 0);
    NEED(fcntl(fd, F_SETFL, 0) == 0);
  }
  reap("child", child);
  SHOW(read(fd, &value, 8));
  SHOW(value);
  setting.it_value.tv_sec = 1000;
  NEED(timerfd_settime(fd, 0, &setting, NULL) == 0);
  START(child) {
    NEED(timerfd_gettime(fd, &left) == 0);
    say("child: %d\n", left.it_value.tv_sec > 900);
  }
  reap("child", child);
}
