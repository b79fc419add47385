// A child that uses a number for another file adds it to the shared list beside its parent's: epoll(7).
// marks: fork
#include "readiness.h"

CASE {
  int first[2], second[2], epoll = make_epoll();
  make_pipe(first);
  make_pipe(second);
  watch(epoll, first[0], EPOLLIN, 1);
  int number = first[0];
  struct gate ready = make_gate(), go = make_gate();
  pid_t child;
  START(child) {
    NEED(dup2(second[0], number) == number);
    SHOW(control(epoll, EPOLL_CTL_MOD, number, EPOLLIN, 2));
    SHOW(control(epoll, EPOLL_CTL_DEL, number, EPOLLIN, 2));
    SHOW(control(epoll, EPOLL_CTL_ADD, number, EPOLLIN, 3));
    must_write(first[1], "x");
    must_write(second[1], "y");
    show_ready("child", epoll);
    open_gate(ready);
    pass_gate(go);
  }
  pass_gate(ready);
  show_ready("parent", epoll);
  NEED(control(epoll, EPOLL_CTL_DEL, number, 0, 0) == 0);
  show_ready("parent, own removed", epoll);
  open_gate(go);
  reap("child", child);
  show_ready("parent alone", epoll);
}
