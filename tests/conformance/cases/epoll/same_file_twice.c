// Two descriptors of one file are two entries; the same descriptor in two epolls is seen by both: epoll(7).
#include "readiness.h"

CASE {
  int ends[2], epoll = make_epoll(), second = make_epoll();
  make_pipe(ends);
  int copy = dup(ends[0]);
  watch(epoll, ends[0], EPOLLIN, 1);
  watch(epoll, copy, EPOLLIN | EPOLLET, 2);
  watch(second, ends[0], EPOLLIN | EPOLLET, 3);
  watch(second, copy, EPOLLIN | EPOLLONESHOT, 4);
  must_write(ends[1], "x");
  show_wait("first, one", epoll, 1, 0);
  show_ready("first", epoll);
  show_ready("first again", epoll);
  show_ready("second", second);
  show_ready("second again", second);
  must_write(ends[1], "y");
  show_ready("second after a write", second);
  SHOW(control(epoll, EPOLL_CTL_DEL, ends[0], 0, 0));
  show_ready("first without one", epoll);
  NEED(close(ends[1]) == 0);
  show_ready("first hang-up", epoll);
  show_ready("second hang-up", second);
}
