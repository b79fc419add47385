// SIGCHLD that is ignored stays ignored over exec, so the new program's children leave no zombies: wait(2).
// marks: fork
#include "rerun.h"

AGAIN {
  pid_t child;
  START(child) _exit(1);
  SHOW(waitpid(child, NULL, 0));
  return 0;
}

CASE {
  pid_t child;
  START(child) {
    handle(SIGCHLD, SIG_IGN, 0);
    rerun("x", NULL);
  }
  reap("child", child);
}
