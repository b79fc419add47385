// CLONE_CHILD_CLEARTID clears its word only in memory that others still use: not after a fork: clone(2).
// marks: fork
#include <sched.h>

#include "relatives.h"

CASE {
  volatile uint32_t* word = shared_memory(KX_PAGE);
  *word = 77;
  long child = syscall(SYS_clone, CLONE_CHILD_CLEARTID | SIGCHLD, 0, 0, word, 0);
  NEED(child >= 0);
  if (child == 0) _exit(0);
  reap("child", (pid_t)child);
  SHOW(*word);
}
