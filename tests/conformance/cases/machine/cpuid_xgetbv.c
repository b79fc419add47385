// cpuid names a vendor and features that then work; xgetbv agrees with them: the processor manuals.
#include <cpuid.h>

#include "case.h"

__attribute__((target("avx2"))) static int sum_avx2(void) {
  typedef int vector __attribute__((vector_size(32)));
  volatile vector one = {1, 2, 3, 4, 5, 6, 7, 8};
  vector two = one + one;
  int sum = 0;
  for (int i = 0; i < 8; i++) sum += two[i];
  return sum;
}

CASE {
  unsigned a, b, c, d;
  CHECK(__get_cpuid(0, &a, &b, &c, &d) && a >= 1 && b != 0);
  CHECK(__get_cpuid(1, &a, &b, &c, &d) && (d & bit_SSE2) && (d & bit_FXSAVE) && (d & bit_CMOV));
  say("sse4.2 %d popcnt %d osxsave %d avx %d\n", (c & bit_SSE4_2) != 0, (c & bit_POPCNT) != 0, (c & bit_OSXSAVE) != 0,
      (c & bit_AVX) != 0);
  if (c & bit_OSXSAVE) {
    unsigned low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    CHECK((low & 3) == 3);
    CHECK(!(c & bit_AVX) || (low & 4));
  }
  say("avx2 %d\n", __builtin_cpu_supports("avx2") != 0);
  SHOW(__builtin_cpu_supports("avx2") ? sum_avx2() : 72);
  unsigned long one = __builtin_ia32_rdtsc(), two = __builtin_ia32_rdtsc();
  CHECK(two >= one);
}
