// EPIPE once the last reader is gone, data left inside is lost: pipe(7).
// marks: fork
#include "relatives.h"

CASE {
  handle(SIGPIPE, SIG_IGN, 0);
  int ends[2];
  NEED(pipe(ends) == 0);
  struct gate gate = make_gate();
  pid_t child;
  START(child) {
    char byte;
    NEED(read(ends[0], &byte, 1) == 1);
    pass_gate(gate);
  }
  close(ends[0]);
  SHOW(write(ends[1], "abc", 3));
  open_gate(gate);
  reap("child", child);
  SHOW(write(ends[1], "d", 1));
  struct stat status;
  SHOW(fstat(ends[1], &status));
  SHOW(fcntl(ends[1], F_GETPIPE_SZ) > 0);
}
