// flock is released when the last descriptor of the open file is closed, in whatever process: flock(2).
// marks: fork
#include <sys/file.h>

#include "relatives.h"

CASE {
  int fd = file_with("file", ""), other = open("file", O_RDWR);
  NEED(flock(fd, LOCK_EX) == 0);
  struct gate gate = make_gate();
  pid_t child;
  START(child) pass_gate(gate);
  close(fd);
  SHOW(flock(other, LOCK_EX | LOCK_NB));
  open_gate(gate);
  reap("child", child);
  SHOW(flock(other, LOCK_EX | LOCK_NB));
}
