// Handlers of atexit run in each process that calls exit, not with _exit; the child may add its own: atexit(3).
// marks: fork
// variants: musl
#include "relatives.h"

static const char* who = "parent";

static void first(void) {
  say("%s: first\n", who);
}
static void second(void) {
  say("%s: second\n", who);
}

CASE {
  NEED(atexit(first) == 0);
  pid_t child = must_fork();
  if (child == 0) {
    who = "child";
    NEED(atexit(second) == 0);
    exit(3);
  }
  reap("child", child);
  START(child) who = "quiet child";
  reap("quiet child", child);
}
