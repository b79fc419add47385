// A handler sends the program to another function by changing the frame: sigaction(2).
#include <ucontext.h>

#include "case.h"

static volatile int count;

__attribute__((noreturn)) static void elsewhere(void) {
  sigset_t now;
  NEED(sigprocmask(SIG_SETMASK, NULL, &now) == 0);
  say("elsewhere, SEGV blocked %d USR2 blocked %d\n", sigismember(&now, SIGSEGV), sigismember(&now, SIGUSR2));
  _exit(7);
}

static void on_fault(int number, siginfo_t* info, void* context) {
  ucontext_t* user = context;
  say("%s at %ld, error %ld, cr2 %ld\n", signal_name(number), (long)info->si_addr,
      (long)user->uc_mcontext.gregs[REG_ERR], (long)user->uc_mcontext.gregs[REG_CR2]);
  user->uc_mcontext.gregs[REG_RIP] = (greg_t)(uintptr_t)elsewhere;
  user->uc_mcontext.gregs[REG_RSP] = ((user->uc_mcontext.gregs[REG_RSP] - 1024) & ~15L) - 8;
  sigaddset(&user->uc_sigmask, SIGUSR2);
}

CASE {
  handle_info(SIGSEGV, on_fault, 0);
  *(volatile int*)24 = 1;
  say("not reached\n");
}
