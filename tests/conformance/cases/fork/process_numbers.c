// getpid, getppid, gettid, getpgrp and getsid along three generations: getpid(2).
// marks: fork
#include "relatives.h"

CASE {
  pid_t parent = getpid(), group = getpgrp(), session = getsid(0), child, grandchild;
  START(child) {
    say("child: tid is pid %d, parent %d, group %d, session %d\n", gettid() == getpid(), getppid() == parent,
        getpgrp() == group, getsid(0) == session);
    pid_t middle = getpid();
    START(grandchild) {
      say("grandchild: new number %d, parent %d, group %d, session %d\n", getpid() != middle && getpid() != parent,
          getppid() == middle, getpgid(0) == group, getsid(parent) == session);
    }
    reap("grandchild", grandchild);
  }
  await_zombie(child);
  say("getpgid of the zombie: %d\n", getpgid(child) == group);
  reap("child", child);
  SHOW(getpgid(child));
}
