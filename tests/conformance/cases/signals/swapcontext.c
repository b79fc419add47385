// makecontext and swapcontext switch stacks back and forth, the mask with them: makecontext(3).
#include <ucontext.h>

#include "case.h"

static ucontext_t main_context, other_context;
static char stack_memory[65536];

static void other(int first, int second) {
  say("other got %d %d\n", first, second);
  for (int i = 0; i < 3; i++) {
    swapcontext(&other_context, &main_context);
    say("other again\n");
  }
}

CASE {
  NEED(getcontext(&other_context) == 0);
  other_context.uc_stack.ss_sp = stack_memory;
  other_context.uc_stack.ss_size = sizeof stack_memory;
  other_context.uc_link = &main_context;
  makecontext(&other_context, (void (*)(void))(uintptr_t)other, 2, 11, 22);
  for (int i = 0; i < 4; i++) {
    SHOW(swapcontext(&main_context, &other_context));
    say("main again\n");
  }
}
