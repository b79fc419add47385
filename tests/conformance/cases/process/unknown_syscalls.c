// Numbers without a system call give ENOSYS: syscall(2).
// variants: static,musl
#include "case.h"

CASE {
  SHOW(syscall(600));
  SHOW(syscall(1000));
  SHOW(syscall(100000));
  SHOW(syscall(-5));
  SHOW(syscall(0x40000000 + 39));
  SHOW(syscall(180));
  SHOW(syscall(184));
  CHECK(syscall(SYS_getpid) == getpid());
}
