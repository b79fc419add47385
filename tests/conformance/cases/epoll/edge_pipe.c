// Each write to a pipe is an edge, a partial read is none: epoll(7), edge-triggered.
#include "readiness.h"

CASE {
  int ends[2], epoll = make_epoll();
  char buffer[8];
  make_pipe(ends);
  set_nonblocking(ends[0]);
  watch(epoll, ends[0], EPOLLIN | EPOLLET, 1);
  show_ready("empty", epoll);
  must_write(ends[1], "abcd");
  show_ready("written", epoll);
  show_ready("not read", epoll);
  SHOW(read(ends[0], buffer, 2));
  show_ready("partly read", epoll);
  must_write(ends[1], "ef");
  show_ready("more written", epoll);
  must_write(ends[1], "g");
  must_write(ends[1], "h");
  show_ready("two writes, one event", epoll);
  show_ready("no more", epoll);
  SHOW(drain(ends[0]));
  show_ready("drained", epoll);
  must_write(ends[1], "i");
  SHOW(drain(ends[0]));
  show_ready("written and drained", epoll);
  must_write(ends[1], "j");
  SHOW(control(epoll, EPOLL_CTL_MOD, ends[0], EPOLLIN | EPOLLET, 2));
  show_ready("re-armed", epoll);
  SHOW(control(epoll, EPOLL_CTL_MOD, ends[0], EPOLLIN | EPOLLET, 3));
  show_ready("re-armed without a write", epoll);
  NEED(close(ends[1]) == 0);
  show_ready("closed", epoll);
  show_ready("closed, once", epoll);
}
