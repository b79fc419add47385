// A system call with the direction flag set works and keeps the flag: syscall(2).
#include "case.h"

CASE {
  unsigned long flags;
  long result = SYS_write;
  static const char text[] = "written with the direction flag set\n";
  __asm__ volatile("std\n syscall\n pushf\n pop %1\n cld"
                   : "+a"(result), "=r"(flags)
                   : "D"(1), "S"(text), "d"(sizeof text - 1)
                   : "rcx", "r11", "memory", "cc");
  SHOW(result);
  SHOW((flags & 0x400) != 0);
}
