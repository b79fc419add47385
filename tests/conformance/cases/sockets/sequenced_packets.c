// SOCK_SEQPACKET: packets with borders, end of file when the child ends: unix(7).
// marks: fork
#include <sys/socket.h>

#include "relatives.h"

CASE {
  int ends[2];
  NEED(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) == 0);
  pid_t child;
  START(child) {
    close(ends[0]);
    NEED(send(ends[1], "first", 5, 0) == 5 && send(ends[1], "second", 6, 0) == 6);
  }
  close(ends[1]);
  reap("child", child);
  char text[16] = "";
  SHOW(recv(ends[0], text, 15, 0));
  SHOW(recv(ends[0], text, 3, 0));
  say("%s\n", text);
  SHOW(recv(ends[0], text, 15, 0));
  SHOW(send(ends[0], "x", 1, MSG_NOSIGNAL));
}
