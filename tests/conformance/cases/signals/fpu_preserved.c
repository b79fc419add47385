// Floating-point, SSE and AVX state survive a handler that destroys them: sigaction(2).
#include <sys/time.h>

#include "case.h"

static volatile int rings;

static void on_alarm(int number) {
  (void)number;
  rings++;
  __asm__ volatile(
      "fninit\n fldpi\n fldpi\n"
      "pcmpeqd %%xmm0, %%xmm0\n pcmpeqd %%xmm1, %%xmm1\n pcmpeqd %%xmm7, %%xmm7\n pcmpeqd %%xmm15, %%xmm15" ::
          : "xmm0", "xmm1", "xmm7", "xmm15");
  if (__builtin_cpu_supports("avx")) __asm__ volatile("vzeroall" ::: "memory");
  unsigned mxcsr = 0x7f80;
  __asm__ volatile("ldmxcsr %0" ::"m"(mxcsr));
  if (rings < 10) return;
  struct itimerval stop = {0};
  setitimer(ITIMER_REAL, &stop, NULL);
}

CASE {
  handle(SIGALRM, on_alarm, SA_RESTART);
  struct itimerval timer = {.it_interval = {0, 3000}, .it_value = {0, 3000}};
  NEED(setitimer(ITIMER_REAL, &timer, NULL) == 0);
  uint64_t pattern[2] = {0x1122334455667788, 0x99aabbccddeeff00}, low[2], high[2];
  long wrong = 0;
  long double pi = 3.0L;
  while (rings < 10) {
    long double kept = pi * 2;
    __asm__ volatile(
        "movdqu %3, %%xmm1\n movdqu %3, %%xmm15\n mov $20000, %%ecx\n1: dec %%ecx\n jnz 1b\n movdqu %%xmm1, %0\n "
        "movdqu %%xmm15, %1"
        : "=m"(low), "=m"(high), "+t"(kept)
        : "m"(pattern)
        : "ecx", "xmm1", "xmm15", "cc");
    wrong += memcmp(low, pattern, 16) != 0 || memcmp(high, pattern, 16) != 0 || kept != 6.0L;
  }
  SHOW(wrong);
  unsigned mxcsr;
  __asm__ volatile("stmxcsr %0" : "=m"(mxcsr));
  say("mxcsr %x\n", mxcsr & 0xffc0);
}
