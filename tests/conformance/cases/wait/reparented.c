// An orphan's parent number changes, and is not that of its dead parent: getppid(2).
// marks: fork
#include "relatives.h"

CASE {
  struct gate told = make_gate(), orphaned = make_gate(), done = make_gate();
  pid_t self = getpid(), middle, orphan;
  START(middle) {
    pid_t parent = getpid();
    START(orphan) {
      say("parent before: %d\n", getppid() == parent);
      open_gate(told);
      pass_gate(orphaned);
      say("parent after: changed %d, the first process %d\n", getppid() != parent, getppid() == self);
      open_gate(done);
    }
    pass_gate(told);
  }
  reap("middle", middle);
  open_gate(orphaned);
  pass_gate(done);
  SHOW(wait(NULL));
}
