// clone with CLONE_VM and CLONE_VFORK on a stack of its own, as posix_spawn does it: clone(2).
// marks: fork
#include <sched.h>

#include "relatives.h"

static volatile int value = 1;

static int body(void* argument) {
  value = *(int*)argument;
  return 23;
}

CASE {
  char* stack = fresh_pages(16);
  int given = 55;
  pid_t child = clone(body, stack + 16 * KX_PAGE, CLONE_VM | CLONE_VFORK | SIGCHLD, &given);
  NEED(child > 0);
  SHOW(value);
  reap("child", child);
}
