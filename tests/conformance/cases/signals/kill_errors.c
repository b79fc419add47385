// kill, tgkill and sigqueue: signal 0, wrong numbers, missing processes: kill(2).
#include "case.h"

CASE {
  SHOW(kill(getpid(), 0));
  SHOW(kill(getpid(), 65));
  SHOW(kill(getpid(), -1));
  SHOW(kill(999999999, 0));
  SHOW(syscall(SYS_tgkill, getpid(), getpid(), 0));
  SHOW(syscall(SYS_tgkill, getpid(), 999999999, 0));
  SHOW(syscall(SYS_tgkill, -1, getpid(), 0));
  SHOW(syscall(SYS_tkill, getpid(), 0));
  SHOW(syscall(SYS_tkill, 0, 0));
  SHOW(sigqueue(getpid(), 0, (union sigval){0}));
  SHOW(sigqueue(getpid(), 77, (union sigval){0}));
  SHOW(sigqueue(999999999, SIGUSR1, (union sigval){0}));
}
