// Signals that come at any moment, also while a handler returns, leave the flags of the program alone: signal(7).
// marks: fork
#include "relatives.h"

static volatile sig_atomic_t seen;
static void on_signal(int number) {
  (void)number;
  seen++;
}

CASE {
  enum { signals = 100, rounds = 5000 };
  static const unsigned long patterns[] = {0x8d5, 0, 0x40, 0x894};
  handle(SIGUSR1, on_signal, 0);
  const pid_t parent = getpid();
  pid_t child;
  START(child) {
    for (;;) {
      kill(parent, SIGUSR1);
      for (volatile int i = 0; i < 3000; i++) continue;
    }
  }
  long wrong = 0;
  for (long i = 0; i < rounds || seen < signals; i++) {
    const unsigned long want = patterns[i % 4];
    unsigned long got;
    __asm__ volatile("sub $128, %%rsp; push %1; popfq; .rept 500; nop; .endr; pushfq; pop %0; add $128, %%rsp"
                     : "=&r"(got)
                     : "r"(want | 0x202)
                     : "cc", "memory");
    wrong += (got & 0x8d5) != want;
  }
  SHOW(wrong);
  NEED(kill(child, SIGKILL) == 0);
  reap("sender", child);
}
