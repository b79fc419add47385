// A passed descriptor names the same open file: offset and flags are common: unix(7).
// marks: fork
#include "pass.h"

CASE {
  int ends[2], fd;
  NEED(socketpair(AF_UNIX, SOCK_DGRAM, 0, ends) == 0);
  struct gate done = make_gate(), go = make_gate();
  pid_t child;
  START(child) {
    NEED(take_descriptors(ends[1], &fd, 1, 0) == 1);
    char text[8] = "";
    NEED(read(fd, text, 3) == 3);
    say("child: %s\n", text);
    NEED(fcntl(fd, F_SETFL, O_APPEND) == 0);
    open_gate(done);
    pass_gate(go);
    say("child: offset %ld\n", (long)lseek(fd, 0, SEEK_CUR));
  }
  fd = file_with("file", "abcdefghij");
  NEED(pass_descriptors(ends[0], &fd, 1) == 1);
  pass_gate(done);
  SHOW(lseek(fd, 0, SEEK_CUR));
  SHOW(fcntl(fd, F_GETFL) & O_APPEND);
  NEED(lseek(fd, 7, SEEK_SET) == 7);
  open_gate(go);
  reap("child", child);
}
