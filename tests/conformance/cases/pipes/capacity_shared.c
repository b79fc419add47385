// F_SETPIPE_SZ in the child changes the pipe of both: fcntl(2).
// marks: fork
#include "relatives.h"

CASE {
  int ends[2];
  static char data[300000];
  NEED(pipe2(ends, O_NONBLOCK) == 0);
  pid_t child;
  START(child) SHOW(fcntl(ends[1], F_SETPIPE_SZ, 200000));
  reap("child", child);
  SHOW(fcntl(ends[0], F_GETPIPE_SZ));
  SHOW(write(ends[1], data, sizeof data));
  START(child) SHOW(fcntl(ends[0], F_SETPIPE_SZ, 4096));
  reap("child", child);
  SHOW(read(ends[0], data, sizeof data));
  START(child) SHOW(fcntl(ends[0], F_SETPIPE_SZ, 1));
  reap("child", child);
  SHOW(fcntl(ends[1], F_GETPIPE_SZ));
}
