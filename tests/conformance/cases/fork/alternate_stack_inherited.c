// The alternate signal stack is inherited and each process handles overflows on its own copy: sigaltstack(2).
// marks: fork
#include "relatives.h"

static void on_fault(int number) {
  say("%s on the alternate stack\n", signal_name(number));
  _exit(5);
}

static int overflow(int depth) {
  volatile char block[10000];
  block[0] = (char)depth;
  return depth > 100000000 ? 0 : overflow(depth + 1) + block[0];
}

CASE {
  stack_t alternate = {.ss_sp = fresh_pages(16), .ss_size = 16 * KX_PAGE};
  NEED(sigaltstack(&alternate, NULL) == 0);
  handle(SIGSEGV, on_fault, SA_ONSTACK);
  pid_t child;
  for (int i = 0; i < 2; i++) {
    START(child) _exit(overflow(0) & 1);
    reap("child", child);
  }
  START(child) {
    stack_t none = {.ss_flags = SS_DISABLE}, old;
    NEED(sigaltstack(&none, &old) == 0);
    say("child had it %d\n", old.ss_sp == alternate.ss_sp && old.ss_flags == 0);
    _exit(overflow(0) & 1);
  }
  reap("child without", child);
}
