// The end of a killed writer is a hang-up for those who wait with epoll, poll and select: epoll(7), pipe(7).
// marks: fork
#include <sys/select.h>

#include "readiness.h"

CASE {
  int ends[2], epoll = make_epoll();
  struct gate ready = make_gate();
  for (int round = 0; round < 3; round++) {
    pid_t child;
    make_pipe(ends);
    START(child) {
      if (round != 1) must_write(ends[1], "last words");
      open_gate(ready);
      pause();
    }
    NEED(close(ends[1]) == 0);
    pass_gate(ready);
    watch(epoll, ends[0], EPOLLIN | EPOLLRDHUP | EPOLLET, (uint64_t)round);
    show_ready("alive", epoll);
    NEED(kill(child, SIGKILL) == 0);
    if (round == 2) {
      char text[10];
      fd_set set;
      FD_ZERO(&set);
      FD_SET(ends[0], &set);
      NEED(read(ends[0], text, 10) == 10);
      SHOW(select(ends[0] + 1, &set, NULL, NULL, NULL));
    }
    reap("child", child);
    show_wait("killed", epoll, 8, 10000);
    show_poll("poll", ends[0], POLLIN, 10000);
    NEED(close(ends[0]) == 0);
  }
}
