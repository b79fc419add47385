// setsid makes a session and a group without a terminal; not for a group leader: setsid(2).
// marks: fork
#include "relatives.h"

CASE {
  pid_t child, grandchild, session = getsid(0);
  START(child) {
    CHECK(setsid() == getpid());
    say("child: session %d, group %d\n", getsid(0) == getpid(), getpgrp() == getpid());
    SHOW(setsid());
    pid_t own = getpid();
    START(grandchild) {
      say("grandchild: in the new session %d\n", getsid(0) == own);
      CHECK(setsid() == getpid());
    }
    reap("grandchild", grandchild);
  }
  reap("child", child);
  START(child) {
    NEED(setpgid(0, 0) == 0);
    SHOW(setsid());
    say("still the old session %d\n", getsid(0) == session);
  }
  reap("group leader", child);
}
