// With no events asked for, EPOLLHUP and EPOLLERR come all the same: epoll_ctl(2).
#include "readiness.h"

CASE {
  int ends[2], epoll = make_epoll();
  make_pipe(ends);
  watch(epoll, ends[0], 0, 1);
  must_write(ends[1], "x");
  show_ready("data", epoll);
  NEED(close(ends[1]) == 0);
  show_ready("hang-up", epoll);
  show_ready("hang-up again", epoll);
  NEED(close(ends[0]) == 0);
  make_pipe(ends);
  watch(epoll, ends[1], EPOLLET, 2);
  show_ready("room", epoll);
  NEED(close(ends[0]) == 0);
  show_ready("no reader", epoll);
  show_ready("no reader, once", epoll);
  NEED(close(ends[1]) == 0);
  make_pair(ends, SOCK_STREAM);
  watch(epoll, ends[0], EPOLLRDHUP, 3);
  must_write(ends[1], "x");
  show_ready("socket", epoll);
  NEED(shutdown(ends[1], SHUT_WR) == 0);
  show_ready("half closed", epoll);
  NEED(control(epoll, EPOLL_CTL_MOD, ends[0], 0, 4) == 0);
  show_ready("not asked for", epoll);
  NEED(close(ends[1]) == 0);
  show_ready("closed", epoll);
}
