// Trap number and error code in the frame tell reads, writes and jumps: sigaction(2).
#include <setjmp.h>
#include <ucontext.h>

#include "case.h"

static sigjmp_buf escape;

static void on_fault(int number, siginfo_t* info, void* context) {
  ucontext_t* user = context;
  say("%s code %d trap %ld error %ld\n", signal_name(number), info->si_code, (long)user->uc_mcontext.gregs[REG_TRAPNO],
      (long)user->uc_mcontext.gregs[REG_ERR]);
  siglongjmp(escape, 1);
}

CASE {
  char* memory = fresh_pages(1);
  memory[0] = 1;
  handle_info(SIGSEGV, on_fault, 0);
  if (sigsetjmp(escape, 1) == 0) *(volatile char*)16 = *(volatile char*)8;
  if (sigsetjmp(escape, 1) == 0) *(volatile char*)16 = 1;
  NEED(mprotect(memory, KX_PAGE, PROT_READ) == 0);
  if (sigsetjmp(escape, 1) == 0) *(volatile char*)memory = 1;
  if (sigsetjmp(escape, 1) == 0) ((void (*)(void))(uintptr_t)memory)();
  if (sigsetjmp(escape, 1) == 0) ((void (*)(void))64)();
}
