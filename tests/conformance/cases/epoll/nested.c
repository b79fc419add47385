// An epoll is ready itself while one of its descriptors is; levels and edges go through it: epoll(7).
#include "readiness.h"

CASE {
  int ends[2], inner = make_epoll(), middle = make_epoll(), outer = make_epoll();
  make_pipe(ends);
  watch(inner, ends[0], EPOLLIN, 1);
  watch(middle, inner, EPOLLIN, 2);
  watch(outer, middle, EPOLLIN | EPOLLET, 3);
  show_ready("outer", outer);
  show_poll("poll inner", inner, POLLIN | POLLOUT, 0);
  must_write(ends[1], "x");
  show_poll("poll inner", inner, POLLIN | POLLOUT, 0);
  show_poll("poll outer", outer, POLLIN, 0);
  show_ready("outer", outer);
  show_ready("outer again", outer);
  show_ready("middle", middle);
  show_ready("inner", inner);
  char byte;
  NEED(read(ends[0], &byte, 1) == 1);
  show_ready("middle, empty", middle);
  show_poll("poll middle", middle, POLLIN, 0);
  must_write(ends[1], "y");
  show_wait("outer, new edge", outer, 8, 10000);
  NEED(control(inner, EPOLL_CTL_DEL, ends[0], 0, 0) == 0);
  show_ready("middle without pipe", middle);
  NEED(control(inner, EPOLL_CTL_ADD, ends[0], EPOLLIN, 4) == 0);
  show_wait("middle with pipe", middle, 8, 10000);
  NEED(close(inner) == 0);
  show_ready("middle without inner", middle);
  show_ready("outer at the end", outer);
}
