// Data is seen at once after a write, after fork, by the child, through a dup, and not any more when it was read:
// epoll(7). marks: fork
#include "readiness.h"

CASE {
  int ends[2], epoll = make_epoll();
  char buffer[8];
  pid_t child;
  make_pipe(ends);
  watch(epoll, ends[0], EPOLLIN, 1);
  struct gate go = make_gate(), done = make_gate();
  START(child) {
    pass_gate(go);
    show_ready("child: parent has written", epoll);
    NEED(read(ends[0], buffer, 8) == 2);
    open_gate(done);
    pass_gate(go);
    must_write(ends[1], "cd");
    show_ready("child: own data", epoll);
    open_gate(done);
  }
  for (int i = 0; i < 300; i++) {  // both ways are warm
    must_write(ends[1], "0123456");
    NEED(read(ends[0], buffer, 8) == 7);
  }
  show_ready("parent: all read", epoll);
  must_write(ends[1], "ab");
  show_ready("parent: own data", epoll);
  open_gate(go);
  pass_gate(done);
  show_ready("parent: child has read", epoll);
  show_poll("parent: child has read", ends[0], POLLIN, 0);
  open_gate(go);
  pass_gate(done);
  int copy = dup(ends[0]);
  show_poll("parent: child has written", copy, POLLIN, 0);
  show_ready("parent: child has written", epoll);
  reap("child", child);
}
