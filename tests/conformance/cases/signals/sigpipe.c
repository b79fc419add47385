// SIGPIPE handled or ignored: the write gives EPIPE: pipe(7).
// variants: static,musl
#include "case.h"

static void on_pipe(int number) {
  say("got %s\n", signal_name(number));
}

CASE {
  int ends[2];
  NEED(pipe(ends) == 0);
  SHOW(close(ends[0]));
  handle(SIGPIPE, on_pipe, 0);
  SHOW(write(ends[1], "x", 1));
  handle(SIGPIPE, SIG_IGN, 0);
  SHOW(write(ends[1], "x", 1));
}
