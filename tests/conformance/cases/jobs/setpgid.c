// setpgid for oneself and for a child, into a new group, a given one and back: setpgid(2).
// marks: fork
#include "relatives.h"

CASE {
  struct gate gate = make_gate();
  pid_t first, second;
  START(first) {
    pass_gate(gate);
    say("first: leads its group %d\n", getpgrp() == getpid());
  }
  SHOW(setpgid(first, 0));
  CHECK(getpgid(first) == first);
  START(second) {
    SHOW(setpgid(0, first));
    say("second: in the first's group %d\n", getpgrp() == first);
    SHOW(setpgid(0, 0));
    say("second: in its own %d\n", getpgrp() == getpid());
    SHOW(setpgid(getpid(), getpgid(getppid())));
  }
  reap("second", second);
  SHOW(setpgid(first, getpgrp()));
  CHECK(getpgid(first) == getpgrp());
  SHOW(setpgid(first, first));
  open_gate(gate);
  reap("first", first);
}
