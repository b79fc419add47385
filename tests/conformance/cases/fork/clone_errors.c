// Flags that exclude each other, or that need others: clone(2).
// marks: fork
#include <sched.h>

#include "relatives.h"

static long call(unsigned long flags) {
  long result = syscall(SYS_clone, flags, 0, 0, 0, 0);
  if (result == 0) _exit(0);
  if (result > 0) ended((pid_t)result);
  return result > 0 ? 0 : result;
}

CASE {
  SHOW(call(SIGCHLD));
  SHOW(call(CLONE_SIGHAND | SIGCHLD));
  SHOW(call(CLONE_THREAD | SIGCHLD));
  SHOW(call(CLONE_THREAD | CLONE_SIGHAND | SIGCHLD));
  SHOW(call(CLONE_FS | CLONE_NEWNS | SIGCHLD));
}
