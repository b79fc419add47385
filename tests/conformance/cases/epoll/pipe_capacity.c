// EPOLLOUT of a pipe depends on whole free pages: after small reads from a full one, after more room: pipe(7),
// epoll(7).
#include "readiness.h"

CASE {
  int ends[2], epoll = make_epoll();
  static char buffer[8192];
  make_pipe(ends);
  set_nonblocking(ends[0]);
  set_nonblocking(ends[1]);
  NEED(fcntl(ends[1], F_SETPIPE_SZ, 4 * 4096) == 4 * 4096);
  watch(epoll, ends[1], EPOLLOUT | EPOLLET, 1);
  show_ready("empty", epoll);
  SHOW(fill(ends[1]));
  show_poll("full", ends[1], POLLOUT, 0);
  SHOW(read(ends[0], buffer, 100));
  show_poll("100 bytes read", ends[1], POLLOUT, 0);
  show_ready("100 bytes read", epoll);
  SHOW(write(ends[1], "x", 1));
  SHOW(read(ends[0], buffer, 4000));
  show_poll("a page read", ends[1], POLLOUT, 0);
  show_ready("a page read", epoll);
  SHOW(write(ends[1], buffer, 8192));
  show_poll("full again", ends[1], POLLOUT, 0);
  NEED(fcntl(ends[1], F_SETPIPE_SZ, 8 * 4096) == 8 * 4096);
  show_poll("larger", ends[1], POLLOUT, 0);
  show_ready("larger", epoll);
  SHOW(drain(ends[0]));
  show_ready("drained", epoll);
}
