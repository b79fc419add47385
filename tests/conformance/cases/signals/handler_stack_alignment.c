// A handler starts with an aligned stack, the direction flag clear and its three arguments: sigaction(2).
#include <ucontext.h>

#include "case.h"

static void on_signal(int number, siginfo_t* info, void* context) {
  unsigned long flags;
  __asm__ volatile("pushf\n pop %0" : "=r"(flags));
  CHECK(((uintptr_t)__builtin_frame_address(0) & 15) == 0);
  CHECK((flags & 0x400) == 0);
  CHECK(info->si_signo == number);
  ucontext_t* user = context;
  CHECK(user->uc_link == NULL);
  CHECK((char*)user->uc_mcontext.gregs[REG_RSP] > (char*)__builtin_frame_address(0));
  CHECK(user->uc_mcontext.fpregs != NULL);
  CHECK(((uintptr_t)user->uc_mcontext.fpregs & 63) == 0);
}

static void on_illegal(int number, siginfo_t* info, void* context) {
  on_signal(number, info, context);
  ((ucontext_t*)context)->uc_mcontext.gregs[REG_RIP] += 2;
}

CASE {
  handle_info(SIGUSR1, on_signal, 0);
  NEED(raise(SIGUSR1) == 0);
  handle_info(SIGILL, on_illegal, 0);
  for (int shift = 0; shift < 4; shift++)
    __asm__ volatile(
        "mov %%rsp, %%rbx\n sub $256, %%rsp\n and $-64, %%rsp\n lea (%%rsp,%0,8), %%rsp\n std\n ud2\n pushf\n cld\n "
        "pop %%rax\n mov %%rbx, %%rsp"
        :
        : "r"((long)shift)
        : "rax", "rbx", "memory", "cc");
}
