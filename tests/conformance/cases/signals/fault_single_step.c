// The trap flag set by popf gives a SIGTRAP with TRAP_TRACE after each instruction: sigaction(2).
#include <ucontext.h>

#include "case.h"

static volatile int traps, wrong;

static void on_trap(int number, siginfo_t* info, void* context) {
  (void)number;
  ucontext_t* user = context;
  traps++;
  wrong += info->si_code != TRAP_TRACE || info->si_addr != (void*)user->uc_mcontext.gregs[REG_RIP];
}

CASE {
  handle_info(SIGTRAP, on_trap, 0);
  __asm__ volatile(
      "sub $128, %%rsp\n"
      "pushf\n orl $0x100, (%%rsp)\n popf\n"
      "nop\n nop\n nop\n nop\n"
      "pushf\n andl $~0x100, (%%rsp)\n popf\n"
      "add $128, %%rsp" ::
          : "memory", "cc");
  SHOW(traps);
  SHOW(wrong);
}
