// The end of a killed reader is an error for the writer's epoll, poll and select: epoll(7), pipe(7).
// marks: fork
#include <sys/select.h>

#include "readiness.h"

CASE {
  int ends[2], epoll = make_epoll();
  struct gate ready = make_gate();
  pid_t child;
  handle(SIGPIPE, SIG_IGN, 0);
  make_pipe(ends);
  set_nonblocking(ends[1]);
  START(child) {
    char byte;
    NEED(read(ends[0], &byte, 1) == 1);
    open_gate(ready);
    pause();
  }
  NEED(close(ends[0]) == 0);
  must_write(ends[1], "x");
  pass_gate(ready);
  NEED(fill(ends[1]) > 0);
  watch(epoll, ends[1], EPOLLOUT | EPOLLET, 1);
  show_ready("full", epoll);
  show_poll("full", ends[1], POLLOUT, 0);
  NEED(kill(child, SIGKILL) == 0);
  show_wait("killed", epoll, 8, 10000);
  reap("child", child);
  show_poll("killed", ends[1], POLLOUT, 10000);
  fd_set out, in;
  FD_ZERO(&out);
  FD_ZERO(&in);
  FD_SET(ends[1], &out);
  FD_SET(ends[1], &in);
  SHOW(select(ends[1] + 1, &in, &out, NULL, NULL));
  SHOW(write(ends[1], "x", 1));
}
