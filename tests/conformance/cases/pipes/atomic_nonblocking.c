// O_NONBLOCK: a write of up to PIPE_BUF happens as a whole or not at all, a larger one in part: pipe(7).
// marks: fork
#include "relatives.h"

CASE {
  int ends[2];
  static char data[200000];
  NEED(pipe2(ends, O_NONBLOCK) == 0);
  SHOW(write(ends[1], data, 65536 - 4096));
  SHOW(write(ends[1], data, 4095));
  SHOW(write(ends[1], data, 4096));
  SHOW(write(ends[1], data, 100000));
  pid_t child;
  START(child) {
    SHOW(write(ends[1], data, 1));
    SHOW(read(ends[0], data, 8192));
  }
  reap("child", child);
  SHOW(write(ends[1], data, 100000));
  SHOW(write(ends[1], data, 4096));
}
