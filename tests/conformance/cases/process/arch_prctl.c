// arch_prctl sets and gets the FS base: arch_prctl(2).
#include <asm/prctl.h>

#include "case.h"

CASE {
  unsigned long fs = 0;
  SHOW(syscall(SYS_arch_prctl, ARCH_GET_FS, &fs));
  unsigned long self;
  __asm__("mov %%fs:0, %0" : "=r"(self));
  CHECK(fs == self && fs != 0);
  SHOW(syscall(SYS_arch_prctl, ARCH_SET_FS, fs));
  SHOW(syscall(SYS_arch_prctl, ARCH_SET_FS, (unsigned long)1 << 63));
  SHOW(syscall(SYS_arch_prctl, ARCH_GET_FS, 8));
  SHOW(syscall(SYS_arch_prctl, 0x9999, 0));
}
