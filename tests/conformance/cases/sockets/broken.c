// Sending to a pair whose other end is gone: SIGPIPE, EPIPE, ECONNRESET: unix(7).
// marks: fork
#include <sys/socket.h>

#include "relatives.h"

CASE {
  int ends[2];
  NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
  pid_t child;
  START(child) {
    close(ends[1]);
    close(ends[0]);
  }
  reap("child", child);
  close(ends[1]);
  START(child) send(ends[0], "x", 1, 0);
  reap("without a handler", child);
  SHOW(send(ends[0], "x", 1, MSG_NOSIGNAL));
  NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
  NEED(send(ends[0], "unread", 6, 0) == 6);
  START(child) {
    close(ends[0]);
    char byte;
    SHOW(recv(ends[1], &byte, 1, 0));
  }
  close(ends[1]);
  reap("child that does not read all", child);
  char byte;
  SHOW(recv(ends[0], &byte, 1, 0));
  SHOW(recv(ends[0], &byte, 1, 0));
}
