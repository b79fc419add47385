// EPOLLOUT with edges: at once, and when a full pipe or socket has room again: epoll(7).
#include "readiness.h"

static void check(const char* name, int reader, int writer) {
  int epoll = make_epoll();
  say("%s\n", name);
  set_nonblocking(reader);
  set_nonblocking(writer);
  watch(epoll, writer, EPOLLOUT | EPOLLET, 1);
  show_ready("at once", epoll);
  show_ready("once", epoll);
  long total = fill(writer);
  NEED(total > 0);
  show_ready("full", epoll);
  NEED(drain(reader) == total);
  show_wait("room again", epoll, 8, 10000);
  show_ready("once", epoll);
  NEED(fill(writer) > 0 && drain(reader) > 0 && fill(writer) > 0);
  show_ready("full, was drained", epoll);
  NEED(close(reader) == 0);
  show_wait("reader closed", epoll, 8, 10000);
  NEED(close(writer) == 0 && close(epoll) == 0);
}

CASE {
  int ends[2];
  make_pipe(ends);
  check("pipe", ends[0], ends[1]);
  make_pair(ends, SOCK_STREAM);
  check("stream", ends[0], ends[1]);
}
