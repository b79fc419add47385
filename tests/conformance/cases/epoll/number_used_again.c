// A number that is closed and given to another file is a new entry, in all ways to give it: epoll(7).
#include <sys/eventfd.h>

#include "readiness.h"

CASE {
  int epoll = make_epoll(), first = eventfd(1, 0);
  for (int round = 0; round < 3; round++) {
    watch(epoll, first, EPOLLIN, (uint64_t)round);
    show_ready("watched", epoll);
    NEED(close(first) == 0);
    show_ready("closed", epoll);
    int next = eventfd(1, 0);
    SHOW(next == first);
    SHOW(control(epoll, EPOLL_CTL_MOD, next, EPOLLIN, 50));
    SHOW(control(epoll, EPOLL_CTL_DEL, next, EPOLLIN, 50));
  }
  watch(epoll, first, EPOLLIN, 60);
  int other = eventfd(1, 0);
  NEED(dup2(other, first) == first);
  show_ready("replaced by dup2", epoll);
  SHOW(control(epoll, EPOLL_CTL_DEL, first, 0, 0));
  SHOW(control(epoll, EPOLL_CTL_ADD, other, EPOLLIN, 61));
  NEED(close_range((unsigned)first, (unsigned)first, 0) == 0);
  show_ready("copy closed", epoll);
  NEED(close_range((unsigned)other, (unsigned)other, 0) == 0);
  show_ready("all closed", epoll);
}
