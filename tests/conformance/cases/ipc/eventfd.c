// eventfd: counter, semaphore, overflow, errors: eventfd(2).
#include <poll.h>
#include <sys/eventfd.h>

#include "case.h"

CASE {
  int fd = SHOW(eventfd(3, EFD_NONBLOCK));
  uint64_t value = 0;
  SHOW(read(fd, &value, 8));
  SHOW(value);
  SHOW(read(fd, &value, 8));
  value = 5;
  SHOW(write(fd, &value, 8));
  SHOW(write(fd, &value, 8));
  SHOW(read(fd, &value, 8));
  SHOW(value);
  value = UINT64_MAX;
  SHOW(write(fd, &value, 8));
  value = UINT64_MAX - 1;
  SHOW(write(fd, &value, 8));
  value = 1;
  SHOW(write(fd, &value, 8));
  struct pollfd poller = {fd, POLLIN | POLLOUT, 0};
  SHOW(poll(&poller, 1, 0));
  SHOW(poller.revents);
  SHOW(read(fd, &value, 4));
  SHOW(write(fd, &value, 4));
  fd = SHOW(eventfd(2, EFD_SEMAPHORE | EFD_NONBLOCK | EFD_CLOEXEC));
  for (int i = 0; i < 3; i++) {
    value = 99;
    SHOW(read(fd, &value, 8));
    SHOW(value);
  }
  SHOW(eventfd(0, 0x4));
  SHOW(lseek(fd, 0, SEEK_SET));
}
