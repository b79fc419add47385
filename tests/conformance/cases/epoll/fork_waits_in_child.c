// A child waits on an inherited epoll while its parent adds, changes and removes descriptors: epoll(7).
// marks: fork
#include "readiness.h"

CASE {
  int first[2], second[2], epoll = make_epoll();
  make_pipe(first);
  make_pipe(second);
  struct gate seen = make_gate();
  pid_t child;
  START(child) {
    show_wait("child, added while it waits", epoll, 8, -1);
    open_gate(seen);
    show_wait("child, changed while it waits", epoll, 8, -1);
    open_gate(seen);
    show_wait("child, the other", epoll, 8, -1);
  }
  nap();
  must_write(first[1], "x");
  watch(epoll, first[0], EPOLLIN | EPOLLET, 1);
  pass_gate(seen);
  nap();
  NEED(control(epoll, EPOLL_CTL_MOD, first[0], EPOLLIN | EPOLLET, 2) == 0);
  pass_gate(seen);
  NEED(control(epoll, EPOLL_CTL_DEL, first[0], 0, 0) == 0);
  must_write(first[1], "y");
  watch(epoll, second[0], EPOLLIN, 3);
  must_write(second[1], "z");
  reap("child", child);
}
