// sigaltstack: handlers with SA_ONSTACK run on it, state is reported, errors: sigaltstack(2).
// variants: static,musl
#include "case.h"

static char stack_memory[65536];

static void on_signal(int number) {
  char local;
  stack_t now;
  NEED(sigaltstack(NULL, &now) == 0);
  say("%s on alternate stack %d, flags %d\n", signal_name(number),
      &local >= stack_memory && &local < stack_memory + sizeof stack_memory, now.ss_flags);
  if (number == SIGUSR1) {
    stack_t other = {.ss_sp = stack_memory, .ss_size = sizeof stack_memory};
    SHOW(sigaltstack(&other, NULL));
  }
}

CASE {
  stack_t stack = {.ss_sp = stack_memory, .ss_size = sizeof stack_memory}, old;
  SHOW(sigaltstack(NULL, &old));
  say("flags at start %d\n", old.ss_flags);
  SHOW(sigaltstack(&stack, NULL));
  handle(SIGUSR1, on_signal, SA_ONSTACK);
  handle(SIGUSR2, on_signal, 0);
  raise(SIGUSR1);
  raise(SIGUSR2);
  SHOW(sigaltstack(NULL, &old));
  CHECK(old.ss_sp == stack_memory && old.ss_size == sizeof stack_memory && old.ss_flags == 0);
  stack.ss_size = 100;
  SHOW(sigaltstack(&stack, NULL));
  stack.ss_size = sizeof stack_memory;
  stack.ss_flags = 77;
  SHOW(sigaltstack(&stack, NULL));
  stack.ss_flags = SS_DISABLE;
  SHOW(sigaltstack(&stack, NULL));
  raise(SIGUSR1);
}
