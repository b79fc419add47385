// Many one-byte messages over a pipe to a child that uses edges: the count is right however they are merged: epoll(7).
// marks: fork
#include "readiness.h"

CASE {
  int ends[2], back[2];
  make_pipe(ends);
  make_pipe(back);
  pid_t child;
  START(child) {
    int epoll = make_epoll();
    long total = 0;
    NEED(close(ends[1]) == 0);
    set_nonblocking(ends[0]);
    watch(epoll, ends[0], EPOLLIN | EPOLLET, 1);
    for (;;) {
      struct epoll_event event;
      char buffer[64];
      long got;
      NEED(epoll_wait(epoll, &event, 1, 60000) == 1);
      while ((got = read(ends[0], buffer, sizeof buffer)) > 0) {
        total += got;
        if (total % 10 == 0) must_write(back[1], "k");
      }
      if (got == 0) break;
      NEED(errno == EAGAIN);
    }
    say("child: %ld\n", total);
  }
  NEED(close(ends[0]) == 0);
  for (int i = 0; i < 30; i++) {
    char byte;
    for (int j = 0; j < 10; j++) must_write(ends[1], "m");
    NEED(read(back[0], &byte, 1) == 1);
  }
  NEED(close(ends[1]) == 0);
  reap("child", child);
}
