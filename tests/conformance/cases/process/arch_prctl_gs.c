// arch_prctl sets and gets the GS base: arch_prctl(2).
// pvm-skip: the GS base belongs to the library OS
#include <asm/prctl.h>

#include "case.h"

static long marker = 4711;

CASE {
  unsigned long gs = 1;
  SHOW(syscall(SYS_arch_prctl, ARCH_GET_GS, &gs));
  SHOW(gs);
  SHOW(syscall(SYS_arch_prctl, ARCH_SET_GS, &marker));
  long value;
  __asm__ volatile("mov %%gs:0, %0" : "=r"(value));
  SHOW(value);
  SHOW(syscall(SYS_arch_prctl, ARCH_GET_GS, &gs));
  CHECK(gs == (unsigned long)&marker);
  SHOW(syscall(SYS_arch_prctl, ARCH_SET_GS, 0));
  SHOW(syscall(SYS_arch_prctl, ARCH_SET_GS, (unsigned long)1 << 63));
}
