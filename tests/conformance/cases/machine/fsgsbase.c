// The FS and GS base instructions work where AT_HWCAP2 says so: arch_prctl(2).
// pvm-skip: the GS base belongs to the library OS
#include <sys/auxv.h>

#include "case.h"

__attribute__((target("fsgsbase"))) static void try_instructions(void) {
  static long marker[2] = {11, 22};
  CHECK(__builtin_ia32_rdfsbase64() != 0);
  __builtin_ia32_wrgsbase64((unsigned long)marker);
  long value;
  __asm__ volatile("mov %%gs:8, %0" : "=r"(value));
  SHOW(value);
  SHOW(close(-1));
  __asm__ volatile("mov %%gs:0, %0" : "=r"(value));
  SHOW(value);
  for (int i = 0; i < 100; i++) syscall(SYS_getppid);
  __asm__ volatile("mov %%gs:8, %0" : "=r"(value));
  SHOW(value);
  CHECK(__builtin_ia32_rdgsbase64() == (unsigned long)marker);
  __builtin_ia32_wrgsbase64(0);
}

CASE {
  if (getauxval(AT_HWCAP2) & 2)
    try_instructions();
  else
    say("not here\n");
}
