// A child's copy of an inherited descriptor under another number is an entry of its own in the shared list: epoll(7).
// marks: fork
#include "readiness.h"

CASE {
  int ends[2], epoll = make_epoll();
  make_pipe(ends);
  watch(epoll, ends[0], EPOLLIN, 1);
  must_write(ends[1], "x");
  struct gate go = make_gate(), ready = make_gate();
  pid_t child;
  START(child) {
    int copy = fcntl(ends[0], F_DUPFD, 70);
    NEED(copy == 70);
    STATUS(control(epoll, EPOLL_CTL_MOD, copy, EPOLLIN, 2));
    STATUS(control(epoll, EPOLL_CTL_ADD, copy, EPOLLIN, 3));
    show_ready("child", epoll);
    open_gate(ready);
    pass_gate(go);
  }
  pass_gate(ready);
  STATUS(control(epoll, EPOLL_CTL_DEL, 70, 0, 0));
  show_ready("parent", epoll);
  STATUS(control(epoll, EPOLL_CTL_DEL, ends[0], 0, 0));
  show_ready("parent, own removed", epoll);
  open_gate(go);
  reap("child", child);
}
