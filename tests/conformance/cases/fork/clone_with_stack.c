// clone(3) of the C library without CLONE_VM: the child starts in a function on a stack of its own copy: clone(2).
// marks: fork
// variants: static,musl
#include <sched.h>

#include "relatives.h"

static int value = 1;

static int body(void* argument) {
  value = 2;
  say("child: %s %d\n", (char*)argument, value);
  return 19;
}

CASE {
  char* stack = fresh_pages(16);
  pid_t child = clone(body, stack + 16 * KX_PAGE, SIGCHLD, "argument");
  NEED(child > 0);
  reap("child", child);
  SHOW(value);
}
