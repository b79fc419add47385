// Closing, duplicating and opening descriptors after fork changes that process's table alone: fork(2).
// marks: fork, lane
#include "relatives.h"

CASE {
  int fd = file_with("file", "0123456789");
  struct gate to_child = make_gate(), to_parent = make_gate();
  pid_t child;
  START(child) {
    NEED(close(fd) == 0);
    NEED(dup2(0, 50) == 50);
    int own = open("own", O_CREAT | O_RDWR, 0644);
    say("child: the lowest number again %d\n", own == fd);
    open_gate(to_parent);
    pass_gate(to_child);
    SHOW(fcntl(60, F_GETFD));
    SHOW(write(own, "own", 3));
  }
  pass_gate(to_parent);
  SHOW(fcntl(50, F_GETFD));
  NEED(dup2(0, 60) == 60);
  open_gate(to_child);
  reap("child", child);
  char text[16] = "";
  SHOW(read(fd, text, 15));
  say("%s\n", text);
}
