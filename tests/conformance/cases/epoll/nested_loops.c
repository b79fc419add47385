// Circles of epolls are refused with ELOOP, and so are chains that are too long: epoll_ctl(2).
#include "readiness.h"

CASE {
  int a = make_epoll(), b = make_epoll(), c = make_epoll(), chain[8];
  SHOW(control(a, EPOLL_CTL_ADD, b, EPOLLIN, 0));
  SHOW(control(b, EPOLL_CTL_ADD, a, EPOLLIN, 0));
  SHOW(control(b, EPOLL_CTL_ADD, c, EPOLLIN, 0));
  SHOW(control(c, EPOLL_CTL_ADD, a, EPOLLIN, 0));
  SHOW(control(c, EPOLL_CTL_ADD, b, EPOLLIN, 0));
  SHOW(control(a, EPOLL_CTL_ADD, c, EPOLLIN, 0));
  SHOW(control(a, EPOLL_CTL_DEL, b, EPOLLIN, 0));
  SHOW(control(b, EPOLL_CTL_DEL, c, EPOLLIN, 0));
  SHOW(control(c, EPOLL_CTL_ADD, b, EPOLLIN, 0));
  int copy = dup(c);
  SHOW(control(b, EPOLL_CTL_ADD, copy, EPOLLIN, 0));
  SHOW(control(c, EPOLL_CTL_ADD, copy, EPOLLIN, 0));
  for (int i = 0; i < 8; i++) chain[i] = make_epoll();
  for (int i = 0; i < 7; i++) {
    int done = control(chain[i + 1], EPOLL_CTL_ADD, chain[i], EPOLLIN, 0);
    say("link %d: %s\n", i, done == 0 ? "ok" : errno_name(errno));
  }
  SHOW(control(a, EPOLL_CTL_ADD, a, EPOLLIN | EPOLLEXCLUSIVE, 0));
  SHOW(control(b, EPOLL_CTL_ADD, a, EPOLLIN | EPOLLEXCLUSIVE, 0));
}
