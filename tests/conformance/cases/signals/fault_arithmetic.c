// Division by zero and overflow of the quotient raise SIGFPE with FPE_INTDIV at the instruction: sigaction(2).
// variants: static,musl
#include <ucontext.h>

#include "fault.h"

static volatile int zero, minimum = INT_MIN, minus_one = -1;
static volatile int result;

static void skip(int number, siginfo_t* info, void* context) {
  ucontext_t* user = context;
  say("%s code %d, address is the instruction %d, trap %d\n", signal_name(number), info->si_code,
      info->si_addr == (void*)user->uc_mcontext.gregs[REG_RIP], (int)user->uc_mcontext.gregs[REG_TRAPNO]);
  user->uc_mcontext.gregs[REG_RIP] += 2;  // div %ecx is two bytes
}

CASE {
  fault_prepare();
  if (sigsetjmp(fault_escape, 1) == 0)
    result = 5 / zero;
  else
    say("%s %s\n", signal_name(fault_signal), fault_code_name(fault_signal, fault_code));
  if (sigsetjmp(fault_escape, 1) == 0)
    result = minimum / minus_one;
  else
    say("%s %s\n", signal_name(fault_signal), fault_code_name(fault_signal, fault_code));
  handle_info(SIGFPE, skip, 0);
  unsigned eax = 10;
  __asm__ volatile("xor %%edx, %%edx\n xor %%ecx, %%ecx\n div %%ecx" : "+a"(eax) : : "ecx", "edx", "cc");
  SHOW(eax);
}
