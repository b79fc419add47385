// Vector registers, also the upper halves, keep their values over the call in both: fork(2).
// marks: fork
#include "relatives.h"

static uint64_t in[16][4], out[16][4];

#define EACH(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15)
#define LOAD_AVX(n) "vmovdqu " #n "*32(%[in]), %%ymm" #n "\n"
#define STORE_AVX(n) "vmovdqu %%ymm" #n ", " #n "*32(%[out])\n"
#define LOAD_SSE(n) "movdqu " #n "*32(%[in]), %%xmm" #n "\n"
#define STORE_SSE(n) "movdqu %%xmm" #n ", " #n "*32(%[out])\n"
#define CLOBBERS                                                                                                   \
  "rcx", "r11", "memory", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", \
      "xmm11", "xmm12", "xmm13", "xmm14", "xmm15"

CASE {
  int avx = __builtin_cpu_supports("avx");
  for (int i = 0; i < 16; i++)
    for (int j = 0; j < (avx ? 4 : 2); j++) in[i][j] = 0x0101010101010101u * (uint64_t)(i * 4 + j + 1);
  long result = SYS_fork;
  if (avx)
    __asm__ volatile(EACH(LOAD_AVX) "syscall\n" EACH(STORE_AVX) "vzeroupper\n"
                     : "+a"(result)
                     : [in] "r"(in), [out] "r"(out)
                     : CLOBBERS);
  else
    __asm__ volatile(EACH(LOAD_SSE) "syscall\n" EACH(STORE_SSE)
                     : "+a"(result)
                     : [in] "r"(in), [out] "r"(out)
                     : CLOBBERS);
  int same = memcmp(in, out, sizeof in) == 0;
  if (result == 0) {
    say("child: %d\n", same);
    _exit(0);
  }
  reap("child", (pid_t)result);
  say("parent: %d\n", same);
}
