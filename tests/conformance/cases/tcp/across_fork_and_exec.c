// A connection is the same in a child and over execve; it ends when all have closed it: fork(2), execve(2).
// marks: fork
#include "rerun.h"
// The helpers come after rerun.h, which has a main of its own.
#include "net.h"

CASE {
  int ends[2];
  tcp_pair(ends);
  int hidden = fcntl(ends[1], F_DUPFD_CLOEXEC, 50);
  NEED(hidden == 50);
  pid_t child;
  START(child) {
    char number[16], other[16];
    close(ends[1]);
    snprintf(number, sizeof number, "%d", ends[0]);
    snprintf(other, sizeof other, "%d", hidden);
    rerun(number, other);
  }
  close(ends[0]);
  char text[32] = "";
  SHOW(recv(ends[1], text, 5, MSG_WAITALL));
  say("%s\n", text);
  NEED(send(ends[1], "parent", 6, 0) == 6);
  reap("child", child);
  SHOW(recv(ends[1], text, 5, 0));
}

AGAIN {
  int fd = atoi(words[0]);
  char text[32] = "";
  NEED(send(fd, "child", 5, 0) == 5);
  NEED(recv(fd, text, 6, MSG_WAITALL) == 6);
  say("child got %s\n", text);
  SHOW(option_of(fd, SOL_SOCKET, SO_TYPE));
  SHOW(fcntl(atoi(words[1]), F_GETFD));
  return 7;
}
