// getsid and getpgid for others: children, the parent, none: getsid(2).
// marks: fork
#include "relatives.h"

CASE {
  struct gate ready = make_gate(), end = make_gate();
  pid_t child, parent = getpid();
  START(child) {
    NEED(setsid() == getpid());
    say("child sees its parent's: %d %d\n", getsid(parent) > 0, getpgid(parent) > 0);
    open_gate(ready);
    pass_gate(end);
  }
  pass_gate(ready);
  CHECK(getsid(child) == child);
  CHECK(getpgid(child) == child);
  CHECK(getsid(getpid()) == getsid(0));
  SHOW(getsid(-1));
  SHOW(getpgid(-1));
  SHOW(getsid(1000000000));
  SHOW(getpgid(1000000000));
  open_gate(end);
  reap("child", child);
}
