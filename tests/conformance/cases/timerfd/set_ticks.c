// TFD_IOC_SET_TICKS sets the count of expirations, and refuses 0: timerfd_create(2).
#include <sys/ioctl.h>
#include <sys/timerfd.h>

#include "readiness.h"

static void set_ticks(int fd, uint64_t ticks) {
  SHOW(ioctl(fd, _IOW('T', 0, uint64_t), &ticks));
}

CASE {
  uint64_t count = 0;
  int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
  set_ticks(fd, 5);
  SHOW(read(fd, &count, 8));
  SHOW(count);
  set_ticks(fd, 0);
  SHOW(read(fd, &count, 8));
  set_ticks(STDOUT_FILENO, 5);
  SHOW(ioctl(fd, _IOW('T', 0, uint64_t), 8));
}
