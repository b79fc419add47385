// The alternate signal stack is gone after exec: sigaltstack(2).
// marks: fork
#include "rerun.h"

AGAIN {
  stack_t old;
  NEED(sigaltstack(NULL, &old) == 0);
  say("flags %d, none %d\n", old.ss_flags, old.ss_sp == NULL);
  return 0;
}

CASE {
  pid_t child;
  START(child) {
    stack_t stack = {.ss_sp = fresh_pages(16), .ss_size = 16 * KX_PAGE};
    NEED(sigaltstack(&stack, NULL) == 0);
    rerun("x", NULL);
  }
  reap("child", child);
}
