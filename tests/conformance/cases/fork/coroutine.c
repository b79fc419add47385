// fork on a stack from the heap; both go on to switch contexts: makecontext(3).
// marks: fork
#include <ucontext.h>

#include "relatives.h"

static ucontext_t ground, routine;
static pid_t child = -1;

static void body(void) {
  child = must_fork();
  if (child > 0) reap("child", child);
  for (int i = 0; i < 3; i++) {
    say("%s in the coroutine: %d\n", child ? "parent" : "child", i);
    swapcontext(&routine, &ground);
  }
}

CASE {
  NEED(getcontext(&routine) == 0);
  routine.uc_stack.ss_sp = malloc(65536);
  routine.uc_stack.ss_size = 65536;
  routine.uc_link = &ground;
  makecontext(&routine, body, 0);
  for (int i = 0; i < 4; i++) NEED(swapcontext(&ground, &routine) == 0);
  say("%s at the end\n", child ? "parent" : "child");
  if (child == 0) _exit(9);
}
