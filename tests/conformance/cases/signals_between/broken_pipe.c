// A child that writes to a pipe without readers ends by SIGPIPE, or sees EPIPE if that is ignored: pipe(7).
// marks: fork, lane
#include "relatives.h"

static void on_signal(int number) {
  say("handled %s\n", signal_name(number));
}

CASE {
  int ends[2];
  NEED(pipe(ends) == 0 && close(ends[0]) == 0);
  pid_t child;
  START(child) write(ends[1], "x", 1);
  reap("default", child);
  START(child) {
    handle(SIGPIPE, on_signal, 0);
    SHOW(write(ends[1], "x", 1));
  }
  reap("handled", child);
  handle(SIGPIPE, SIG_IGN, 0);
  START(child) SHOW(write(ends[1], "x", 1));
  reap("ignored by the parent", child);
  START(child) {
    block_signal(SIGPIPE);
    handle(SIGPIPE, SIG_DFL, 0);
    SHOW(write(ends[1], "x", 1));
    sigset_t set;
    NEED(sigpending(&set) == 0);
    SHOW(sigismember(&set, SIGPIPE));
  }
  reap("blocked", child);
}
