// The raw brk call gives the current break, also when it refuses: brk(2).
#include "case.h"

CASE {
  unsigned long now = (unsigned long)syscall(SYS_brk, 0);
  CHECK(now != 0);
  CHECK((unsigned long)syscall(SYS_brk, now + 12345) == now + 12345);
  CHECK((unsigned long)syscall(SYS_brk, 4096) == now + 12345);
  CHECK((unsigned long)syscall(SYS_brk, now) == now);
  SHOW(brk((void*)((unsigned long)1 << 62)));
}
