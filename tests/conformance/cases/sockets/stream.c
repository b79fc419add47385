// A pair of stream sockets between parent and child, both ways, with end of file: socketpair(2).
// marks: fork
#include <sys/socket.h>

#include "relatives.h"

CASE {
  int ends[2];
  NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
  pid_t child;
  START(child) {
    char text[64] = "";
    close(ends[0]);
    NEED(recv(ends[1], text, 5, MSG_WAITALL) == 5);
    say("child: %s\n", text);
    NEED(send(ends[1], "answer", 6, 0) == 6);
    SHOW(recv(ends[1], text, 10, 0));
  }
  close(ends[1]);
  NEED(send(ends[0], "quest", 5, 0) == 5);
  char text[64] = "";
  NEED(recv(ends[0], text, 6, MSG_WAITALL) == 6);
  NEED(shutdown(ends[0], SHUT_WR) == 0);
  reap("child", child);
  say("parent: %s\n", text);
  SHOW(recv(ends[0], text, 10, 0));
}
