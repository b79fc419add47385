// SIGHUP ends a process, unless it is ignored as by nohup, also over exec: signal(7).
// marks: fork
#include "rerun.h"

AGAIN {
  raise(SIGHUP);
  say("survived\n");
  return 2;
}

CASE {
  pid_t child;
  for (int ignored = 0; ignored < 2; ignored++) {
    START(child) {
      if (ignored) handle(SIGHUP, SIG_IGN, 0);
      rerun("x", NULL);
    }
    reap("child", child);
  }
}
