// EPOLLONESHOT: silent after one event, EPOLLHUP included, until EPOLL_CTL_MOD: epoll_ctl(2).
#include "readiness.h"

CASE {
  int ends[2], epoll = make_epoll();
  make_pipe(ends);
  watch(epoll, ends[0], EPOLLIN | EPOLLONESHOT, 1);
  must_write(ends[1], "x");
  show_poll("epoll itself", epoll, POLLIN, 0);
  show_ready("first", epoll);
  show_poll("epoll itself", epoll, POLLIN, 0);
  must_write(ends[1], "y");
  show_ready("silent", epoll);
  SHOW(control(epoll, EPOLL_CTL_ADD, ends[0], EPOLLIN, 2));
  SHOW(control(epoll, EPOLL_CTL_MOD, ends[0], EPOLLIN | EPOLLONESHOT, 2));
  show_ready("armed", epoll);
  NEED(close(ends[1]) == 0);
  show_ready("hang-up while silent", epoll);
  SHOW(control(epoll, EPOLL_CTL_MOD, ends[0], EPOLLONESHOT, 3));
  show_ready("armed for nothing", epoll);
  show_ready("silent again", epoll);
  SHOW(control(epoll, EPOLL_CTL_MOD, ends[0], EPOLLIN | EPOLLET | EPOLLONESHOT, 4));
  show_ready("with edge", epoll);
  show_ready("and silent", epoll);
  SHOW(control(epoll, EPOLL_CTL_MOD, ends[0], EPOLLIN, 5));
  show_ready("level", epoll);
  show_ready("level again", epoll);
}
