// What may be combined with EPOLLEXCLUSIVE, and that it cannot be modified: epoll_ctl(2).
#include "readiness.h"

CASE {
  int ends[2], epoll = make_epoll(), inner = make_epoll();
  make_pipe(ends);
  SHOW(control(epoll, EPOLL_CTL_ADD, ends[0], EPOLLIN | EPOLLEXCLUSIVE, 1));
  SHOW(control(epoll, EPOLL_CTL_MOD, ends[0], EPOLLIN | EPOLLEXCLUSIVE, 1));
  SHOW(control(epoll, EPOLL_CTL_MOD, ends[0], EPOLLIN, 1));
  SHOW(control(epoll, EPOLL_CTL_DEL, ends[0], 0, 0));
  SHOW(control(epoll, EPOLL_CTL_ADD, ends[0], EPOLLIN | EPOLLEXCLUSIVE | EPOLLONESHOT, 1));
  SHOW(control(epoll, EPOLL_CTL_ADD, ends[0], EPOLLIN | EPOLLRDHUP | EPOLLEXCLUSIVE, 1));
  SHOW(control(epoll, EPOLL_CTL_ADD, ends[0], EPOLLPRI | EPOLLEXCLUSIVE, 1));
  SHOW(control(epoll, EPOLL_CTL_ADD, inner, EPOLLIN | EPOLLEXCLUSIVE, 1));
  SHOW(control(epoll, EPOLL_CTL_ADD, ends[0], EPOLLIN, 1));
  SHOW(control(epoll, EPOLL_CTL_MOD, ends[0], EPOLLIN | EPOLLEXCLUSIVE, 1));
  SHOW(control(epoll, EPOLL_CTL_ADD, ends[1],
               EPOLLIN | EPOLLOUT | EPOLLERR | EPOLLHUP | EPOLLET | EPOLLWAKEUP | EPOLLEXCLUSIVE, 2));
  show_ready("writer", epoll);
  show_ready("writer again", epoll);
  must_write(ends[1], "x");
  show_ready("reader", epoll);
}
