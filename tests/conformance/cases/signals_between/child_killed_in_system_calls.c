// SIGKILL ends a child in whatever it blocks: signal(7).
// marks: fork
#include <poll.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/socket.h>

#include "relatives.h"

CASE {
  int ends[2], pair[2], fd = file_with("file", "");
  NEED(pipe(ends) == 0 && socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0 && flock(fd, LOCK_EX) == 0);
  NEED(mkfifo("fifo", 0600) == 0);
  for (int kind = 0; kind < 8; kind++) {
    struct gate ready = make_gate();
    pid_t child, below;
    START(child) {
      char byte;
      struct pollfd poller = {ends[0], POLLIN, 0};
      struct epoll_event event;
      struct timespec long_time = {1000, 0};
      open_gate(ready);
      if (kind == 0) read(ends[0], &byte, 1);
      if (kind == 1) poll(&poller, 1, -1);
      if (kind == 2) epoll_wait(epoll_create1(0), &event, 1, -1);
      if (kind == 3) flock(open("file", O_RDWR), LOCK_EX);
      if (kind == 4) recv(pair[0], &byte, 1, 0);
      if (kind == 5) nanosleep(&long_time, NULL);
      if (kind == 6) open("fifo", O_RDONLY);
      if (kind == 7) {
        START(below) for (;;) pause();
        kill(below, SIGKILL);
        wait(NULL);
        for (;;) pause();
      }
    }
    pass_gate(ready);
    nap();
    NEED(kill(child, SIGKILL) == 0);
    say("%d ", kind);
    reap("child", child);
  }
}
