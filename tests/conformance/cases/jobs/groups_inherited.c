// A child is in its parent's process group and session: setpgid(2).
// marks: fork
#include "relatives.h"

CASE {
  pid_t group = getpgrp(), session = getsid(0), child, grandchild;
  START(child) {
    say("child: %d %d\n", getpgrp() == group, getsid(0) == session);
    NEED(setpgid(0, 0) == 0);
    pid_t own = getpid();
    START(grandchild) say("grandchild: %d %d\n", getpgrp() == own, getsid(0) == session);
    reap("grandchild", grandchild);
  }
  reap("child", child);
  CHECK(getpgrp() == group);
}
