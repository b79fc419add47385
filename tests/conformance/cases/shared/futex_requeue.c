// FUTEX_CMP_REQUEUE moves waiting processes from one shared word to another: futex(2).
// marks: fork
#include <linux/futex.h>

#include "relatives.h"

CASE {
  uint32_t* words = shared_memory(KX_PAGE);
  pid_t children[3];
  for (int i = 0; i < 3; i++) START(children[i]) {
      long result = syscall(SYS_futex, &words[0], FUTEX_WAIT, 0, NULL, NULL, 0);
      _exit(result == 0 ? 5 : 6);
    }
  SHOW(syscall(SYS_futex, &words[0], FUTEX_CMP_REQUEUE, 0, 10, &words[16], 1));
  long moved = 0;
  while (moved < 3) {
    // Each call gives the number of those woken and moved: none is woken.
    moved += syscall(SYS_futex, &words[0], FUTEX_CMP_REQUEUE, 0, 10, &words[16], 0);
    nap();
  }
  SHOW(moved);
  SHOW(syscall(SYS_futex, &words[0], FUTEX_WAKE, 10, NULL, NULL, 0));
  SHOW(syscall(SYS_futex, &words[16], FUTEX_WAKE, 2, NULL, NULL, 0));
  SHOW(syscall(SYS_futex, &words[16], FUTEX_WAKE, 2, NULL, NULL, 0));
  for (int i = 0; i < 3; i++) reap("child", children[i]);
}
