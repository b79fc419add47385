// Vectors, sizes, bad addresses and positions for reading and writing an eventfd: eventfd(2), readv(2).
#include <sys/eventfd.h>
#include <sys/uio.h>

#include "readiness.h"

CASE {
  uint64_t values[4] = {3, 4, 5, 6};
  int fd = eventfd(0, EFD_NONBLOCK);
  struct iovec two[2] = {{&values[0], 8}, {&values[1], 8}}, halves[2] = {{values, 4}, {(char*)values + 4, 4}};
  SHOW(writev(fd, two, 2));
  SHOW(read(fd, values, 32));
  SHOW(values[0]);
  values[0] = 9;
  SHOW(writev(fd, halves, 2));
  SHOW(write(fd, values, 32));
  SHOW(readv(fd, two, 2));
  SHOW(values[0]);
  SHOW(values[1]);
  values[0] = 2;
  SHOW(write(fd, values, 8));
  SHOW(readv(fd, halves, 2));
  SHOW(read(fd, values, 7));
  SHOW(write(fd, values, 7));
  SHOW(read(fd, values, 0));
  SHOW(write(fd, values, 0));
  SHOW(write(fd, (void*)8, 8));
  SHOW(eventfd_write(fd, 1));
  SHOW(read(fd, (void*)8, 8));
  drain(fd);
  SHOW(pread(fd, values, 8, 0));
  SHOW(pwrite(fd, values, 8, 0));
  SHOW(preadv(fd, two, 1, 0));
  SHOW(preadv2(fd, two, 1, -1, RWF_NOWAIT));
  SHOW(ftruncate(fd, 8));
  SHOW(eventfd(0, EFD_CLOEXEC | 2));
  SHOW(syscall(SYS_eventfd, 0));
  int full = eventfd(UINT_MAX, 0);
  SHOW(read(full, values, 8));
  SHOW(values[0] == UINT_MAX);
  struct stat status;
  NEED(fstat(fd, &status) == 0);
  SHOW(status.st_mode);
}
