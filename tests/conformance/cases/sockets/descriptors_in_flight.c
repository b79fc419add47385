// A descriptor in flight keeps a pipe's writing end open; dropping the message closes it: unix(7).
// marks: fork
#include "pass.h"

CASE {
  int ends[2], fds[2];
  NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0 && pipe2(fds, O_NONBLOCK) == 0);
  pid_t child;
  START(child) {
    NEED(pass_descriptors(ends[1], &fds[1], 1) == 1);
  }
  close(fds[1]);
  reap("child", child);
  char byte;
  SHOW(read(fds[0], &byte, 1));
  close(ends[1]);
  SHOW(recv(ends[0], &byte, 1, 0));
  SHOW(read(fds[0], &byte, 1));
}
