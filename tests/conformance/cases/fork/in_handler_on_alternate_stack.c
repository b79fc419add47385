// fork in a handler that runs on the alternate stack: both go back to the ordinary stack: sigaltstack(2).
// marks: fork
#include "relatives.h"

static char* stack;
static volatile pid_t made = -1;

static int on_alternate_stack(void) {
  char local;
  return &local > stack && &local < stack + 16 * KX_PAGE;
}

static void on_signal(int number) {
  (void)number;
  made = fork();
  if (made > 0) reap("child", made);
  say("%s: on the alternate stack %d\n", made ? "parent" : "child", on_alternate_stack());
}

CASE {
  stack = fresh_pages(16);
  stack_t alternate = {.ss_sp = stack, .ss_size = 16 * KX_PAGE}, old;
  NEED(sigaltstack(&alternate, NULL) == 0);
  handle(SIGUSR1, on_signal, SA_ONSTACK);
  raise(SIGUSR1);
  NEED(sigaltstack(NULL, &old) == 0);
  say("%s after: on it %d, flags %d\n", made ? "parent" : "child", on_alternate_stack(), old.ss_flags);
  if (made != 0) return;
  raise(SIGUSR1);
  _exit(made == 0 ? 5 : 6);
}
