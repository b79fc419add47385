// EPOLL_CLOEXEC, flags that do not exist, and what an epoll descriptor cannot do: epoll_create(2).
#include <sys/ioctl.h>

#include "readiness.h"

CASE {
  int epoll = epoll_create1(EPOLL_CLOEXEC), plain = epoll_create(1);
  char byte = 0;
  struct stat status;
  SHOW(fcntl(epoll, F_GETFD));
  SHOW(fcntl(plain, F_GETFD));
  SHOW(fcntl(epoll, F_GETFL) & (O_ACCMODE | O_NONBLOCK));
  SHOW(epoll_create1(1));
  SHOW(epoll_create1(EPOLL_CLOEXEC | O_NONBLOCK));
  SHOW(epoll_create1(-1));
  SHOW(epoll_create(-5));
  SHOW(epoll_create(0));
  SHOW(epoll_create(INT_MAX) >= 0);
  SHOW(read(epoll, &byte, 1));
  SHOW(write(epoll, &byte, 1));
  SHOW(pread(epoll, &byte, 1, 0));
  SHOW(lseek(epoll, 0, SEEK_SET));
  SHOW(ftruncate(epoll, 0));
  SHOW(fsync(epoll));
  SHOW(mmap(NULL, KX_PAGE, PROT_READ, MAP_SHARED, epoll, 0) == MAP_FAILED);
  SHOW(ioctl(epoll, FIONREAD, &byte));
  NEED(fstat(epoll, &status) == 0);
  SHOW(status.st_mode);
  SHOW(status.st_size);
  show_poll("empty", epoll, POLLIN | POLLOUT, 0);
}
