// daemon(3): the caller's child has ended with 0, and the daemon works on: daemon(3).
// marks: fork
#include "relatives.h"

CASE {
  struct gate done = make_gate();
  pid_t child;
  START(child) {
    NEED(daemon(1, 1) == 0);
    say("daemon: leads its session %d\n", getsid(0) == getpid());
    open_gate(done);
  }
  pass_gate(done);
  reap("child", child);
}
