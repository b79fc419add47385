// Each write to an eventfd is an edge, also when it was not read; a semaphore stays ready until zero: eventfd(2).
#include <sys/eventfd.h>

#include "readiness.h"

CASE {
  uint64_t value;
  int fd = eventfd(1, EFD_NONBLOCK), tokens = eventfd(2, EFD_NONBLOCK | EFD_SEMAPHORE), epoll = make_epoll();
  watch(epoll, fd, EPOLLIN | EPOLLET, 1);
  watch(epoll, tokens, EPOLLIN | EPOLLET, 2);
  show_ready("both at once", epoll);
  NEED(eventfd_write(fd, 1) == 0);
  show_ready("written, not read", epoll);
  NEED(eventfd_write(fd, 0) == 0);
  show_ready("zero written", epoll);
  NEED(read(tokens, &value, 8) == 8);
  show_ready("one token taken", epoll);
  show_poll("one token left", tokens, POLLIN, 0);
  NEED(read(tokens, &value, 8) == 8);
  show_poll("no token", tokens, POLLIN, 0);
  NEED(eventfd_write(tokens, 3) == 0);
  show_ready("tokens", epoll);
  for (int i = 0; i < 4; i++) SHOW(read(tokens, &value, 8));
  SHOW(read(fd, &value, 8));
  SHOW(value);
  NEED(eventfd_write(fd, 0) == 0);
  show_ready("zero written to zero", epoll);
}
