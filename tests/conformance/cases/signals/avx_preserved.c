// The upper halves of AVX registers survive a handler, also for a fault raised by the code itself: sigaction(2).
#include <ucontext.h>

#include "case.h"

static void on_illegal(int number, siginfo_t* info, void* context) {
  (void)number, (void)info;
  ((ucontext_t*)context)->uc_mcontext.gregs[REG_RIP] += 2;
  __asm__ volatile("vzeroall" ::: "memory");
}

__attribute__((target("avx"))) static void try_avx(void) {
  unsigned char pattern[32], after[32];
  for (int i = 0; i < 32; i++) pattern[i] = (unsigned char)(i * 3 + 1);
  long wrong = 0;
  for (int round = 0; round < 100; round++) {
    pattern[round % 32]++;
    __asm__ volatile("vmovdqu %1, %%ymm3\n ud2\n vmovdqu %%ymm3, %0" : "=m"(after) : "m"(pattern) : "xmm3");
    wrong += memcmp(pattern, after, 32) != 0;
  }
  SHOW(wrong);
}

CASE {
  handle_info(SIGILL, on_illegal, 0);
  if (__builtin_cpu_supports("avx"))
    try_avx();
  else
    say("wrong = 0\n");
}
