// Sizes and vectors for reading a timer, and what else it cannot do: timerfd_create(2).
#include <sys/timerfd.h>
#include <sys/uio.h>

#include "readiness.h"

static int fd;

static void expire(void) {
  struct itimerspec setting = {{0, 0}, {1, 0}};
  NEED(timerfd_settime(fd, TFD_TIMER_ABSTIME, &setting, NULL) == 0);
  struct pollfd entry = {fd, POLLIN, 0};
  NEED(poll(&entry, 1, 10000) == 1);
}

CASE {
  unsigned char bytes[32];
  fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
  SHOW(read(fd, bytes, 7));
  SHOW(read(fd, bytes, 0));
  expire();
  SHOW(read(fd, bytes, 7));
  SHOW(read(fd, bytes, 32));
  SHOW(bytes[0]);
  SHOW(read(fd, bytes, 32));
  expire();
  struct iovec split[2] = {{bytes, 8}, {bytes + 8, 8}};
  memset(bytes, 0xee, sizeof bytes);
  SHOW(readv(fd, split, 2));
  SHOW(bytes[8]);
  SHOW(readv(fd, split, 2));
  expire();
  SHOW(read(fd, (void*)8, 8));
  expire();
  SHOW(read(fd, bytes, 8));
  SHOW(pread(fd, bytes, 8, 0));
  SHOW(write(fd, bytes, 8));
  SHOW(pwrite(fd, bytes, 8, 0));
  SHOW(lseek(fd, 0, SEEK_CUR));
  SHOW(ftruncate(fd, 0));
}
