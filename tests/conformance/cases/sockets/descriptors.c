// SCM_RIGHTS: a child opens a file and a pipe and passes both to its parent: unix(7).
// marks: fork, lane
#include "pass.h"

CASE {
  int ends[2];
  NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
  pid_t child;
  START(child) {
    int fds[2], file = file_with("file", "0123456789");
    NEED(pipe(fds) == 0 && lseek(file, 5, SEEK_SET) == 5);
    NEED(write(fds[1], "in the pipe", 11) == 11);
    int passed[2] = {file, fds[0]};
    NEED(pass_descriptors(ends[1], passed, 2) == 1);
  }
  reap("child", child);
  int got[4];
  int count = take_descriptors(ends[0], got, 4, MSG_CMSG_CLOEXEC);
  SHOW(count);
  char text[32] = "";
  SHOW(fcntl(got[0], F_GETFD));
  SHOW(read(got[0], text, 31));
  say("%s\n", text);
  memset(text, 0, sizeof text);
  SHOW(read(got[1], text, 31));
  say("%s\n", text);
  SHOW(read(got[1], text, 31));
}
