// What epoll_ctl refuses, and which error counts first: epoll_ctl(2).
// variants: musl
#include "readiness.h"

CASE {
  int ends[2], epoll = make_epoll();
  make_pipe(ends);
  SHOW(control(epoll, EPOLL_CTL_MOD, ends[0], EPOLLIN, 0));
  SHOW(control(epoll, EPOLL_CTL_DEL, ends[0], EPOLLIN, 0));
  SHOW(control(epoll, EPOLL_CTL_ADD, ends[0], EPOLLIN, 0));
  SHOW(control(epoll, EPOLL_CTL_ADD, ends[0], EPOLLOUT, 0));
  SHOW(control(epoll, 0, ends[0], EPOLLIN, 0));
  SHOW(control(epoll, 4, ends[0], EPOLLIN, 0));
  SHOW(control(epoll, -1, ends[0], EPOLLIN, 0));
  SHOW(control(-1, EPOLL_CTL_ADD, ends[0], EPOLLIN, 0));
  SHOW(control(900, EPOLL_CTL_ADD, -1, EPOLLIN, 0));
  SHOW(control(epoll, EPOLL_CTL_ADD, -1, EPOLLIN, 0));
  SHOW(control(epoll, EPOLL_CTL_DEL, 900, EPOLLIN, 0));
  SHOW(control(ends[0], EPOLL_CTL_ADD, ends[1], EPOLLIN, 0));
  SHOW(control(ends[0], EPOLL_CTL_ADD, ends[0], EPOLLIN, 0));
  SHOW(control(epoll, EPOLL_CTL_ADD, epoll, EPOLLIN, 0));
  SHOW(epoll_ctl(epoll, EPOLL_CTL_ADD, ends[1], NULL));
  SHOW(epoll_ctl(epoll, EPOLL_CTL_MOD, ends[0], (struct epoll_event*)8));
  SHOW(epoll_ctl(-1, EPOLL_CTL_ADD, ends[0], (struct epoll_event*)8));
  SHOW(epoll_ctl(epoll, EPOLL_CTL_DEL, ends[0], (struct epoll_event*)8));
  SHOW(epoll_ctl(epoll, EPOLL_CTL_DEL, ends[0], NULL));
  SHOW(epoll_ctl(epoll, 77, ends[0], NULL));
}
