// A watched descriptor stays watched after close while a dup has its file; the number may be used again: epoll(7).
#include "readiness.h"

CASE {
  int ends[2], other[2], epoll = make_epoll();
  make_pipe(ends);
  make_pipe(other);
  must_write(ends[1], "x");
  watch(epoll, ends[0], EPOLLIN, 1);
  int copy = dup(ends[0]), number = ends[0];
  show_ready("watched", epoll);
  NEED(close(ends[0]) == 0);
  show_ready("closed, but for the dup", epoll);
  SHOW(control(epoll, EPOLL_CTL_MOD, number, EPOLLIN, 2));
  SHOW(control(epoll, EPOLL_CTL_DEL, number, EPOLLIN, 2));
  SHOW(control(epoll, EPOLL_CTL_DEL, copy, EPOLLIN, 2));
  NEED(dup2(other[0], number) == number);
  must_write(other[1], "y");
  SHOW(control(epoll, EPOLL_CTL_ADD, number, EPOLLIN, 3));
  show_ready("two of one number", epoll);
  SHOW(control(epoll, EPOLL_CTL_ADD, copy, EPOLLIN, 4));
  NEED(dup2(copy, number) == number);
  SHOW(control(epoll, EPOLL_CTL_MOD, number, EPOLLIN, 5));
  SHOW(control(epoll, EPOLL_CTL_DEL, copy, 0, 0));
  SHOW(control(epoll, EPOLL_CTL_DEL, number, 0, 0));
  NEED(close(copy) == 0 && close(number) == 0 && close(other[0]) == 0);
  show_ready("all closed", epoll);
}
