// Writing to a pipe without readers ends the program with SIGPIPE: pipe(7).
#include "case.h"

CASE {
  int ends[2];
  NEED(pipe(ends) == 0);
  SHOW(close(ends[0]));
  SHOW(write(ends[1], "x", 1));
  say("not reached\n");
}
