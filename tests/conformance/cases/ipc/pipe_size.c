// F_GETPIPE_SZ and F_SETPIPE_SZ: fcntl(2).
#include "case.h"

CASE {
  int ends[2];
  NEED(pipe2(ends, O_NONBLOCK) == 0);
  static char buffer[200000];
  SHOW(fcntl(ends[0], F_GETPIPE_SZ));
  SHOW(fcntl(ends[0], F_SETPIPE_SZ, 4096));
  SHOW(write(ends[1], buffer, sizeof buffer));
  SHOW(fcntl(ends[0], F_SETPIPE_SZ, 100000));
  SHOW(write(ends[1], buffer, sizeof buffer));
  SHOW(fcntl(ends[0], F_SETPIPE_SZ, 4096));
  SHOW(fcntl(0, F_GETPIPE_SZ));
}
