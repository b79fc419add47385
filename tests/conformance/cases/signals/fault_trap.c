// int3 raises SIGTRAP and the program goes on after it; the trap flag single-steps: sigaction(2).
// variants: static,musl
#include <ucontext.h>

#include "case.h"

static volatile int traps, steps;
static volatile long resume;

static void on_trap(int number, siginfo_t* info, void* context) {
  ucontext_t* user = context;
  traps++;
  resume = user->uc_mcontext.gregs[REG_RIP];
  say("%s code %d trap %d\n", signal_name(number), info->si_code,
      info->si_code > 0 ? (int)user->uc_mcontext.gregs[REG_TRAPNO] : 0);
}

extern char kx_after_int3[];

CASE {
  handle_info(SIGTRAP, on_trap, 0);
  __asm__ volatile("int3\n .globl kx_after_int3\n kx_after_int3:");
  CHECK(resume == (long)kx_after_int3);
  for (int i = 0; i < 3; i++) __asm__ volatile("int3");
  SHOW(traps);
  raise(SIGTRAP);
  SHOW(traps);
}
