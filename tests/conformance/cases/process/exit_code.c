// The low byte of the argument of exit is the exit status; atexit handlers run in reverse order: exit(3).
// variants: static,musl
#include "case.h"

static void first(void) {
  say("first registered\n");
}

static void second(void) {
  say("second registered\n");
}

CASE {
  SHOW(atexit(first));
  SHOW(atexit(second));
  printf("buffered by stdio");
  exit(256 + 42);
}
