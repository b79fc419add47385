// With room for one event, ready descriptors take turns; with room for some, all are served: epoll(7).
#include "readiness.h"

CASE {
  int pipes[5][2], epoll = make_epoll();
  for (int i = 0; i < 5; i++) {
    make_pipe(pipes[i]);
    watch(epoll, pipes[i][0], EPOLLIN, (uint64_t)i);
  }
  must_write(pipes[3][1], "x");
  must_write(pipes[0][1], "x");
  must_write(pipes[4][1], "x");
  must_write(pipes[1][1], "x");
  for (int i = 0; i < 9; i++) show_wait("one", epoll, 1, 0);
  for (int i = 0; i < 5; i++) show_wait("three", epoll, 3, 0);
  char byte;
  NEED(read(pipes[0][0], &byte, 1) == 1);
  must_write(pipes[2][1], "x");
  for (int i = 0; i < 5; i++) show_wait("two", epoll, 2, 0);
  show_ready("all", epoll);
}
