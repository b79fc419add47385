// Running out of stack raises SIGSEGV, handled on the alternate stack: sigaltstack(2), getrlimit(2).
// flags: -Wno-infinite-recursion
#include "fault.h"

static char alternate[65536];

__attribute__((noinline)) static long descend(long depth) {
  volatile char block[4000];
  block[depth % 4000] = 1;
  return descend(depth + 1) + block[depth % 4000];
}

CASE {
  stack_t stack = {.ss_sp = alternate, .ss_size = sizeof alternate};
  SHOW(sigaltstack(&stack, NULL));
  for (int round = 0; round < 2; round++) {
    handle_info(SIGSEGV, fault_handler, SA_ONSTACK);
    if (sigsetjmp(fault_escape, 1) == 0)
      SHOW(descend(0));
    else
      say("%s at %s\n", signal_name(fault_signal),
          (char*)fault_address < (char*)__builtin_frame_address(0) ? "an address below" : "ELSEWHERE");
  }
}
