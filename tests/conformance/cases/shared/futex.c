// futex on a word of shared memory wakes a chosen number of processes: futex(2).
// marks: fork, lane
#include <linux/futex.h>

#include "relatives.h"

CASE {
  uint32_t* words = shared_memory(KX_PAGE);
  struct gate woken = make_gate();
  pid_t children[4];
  for (int i = 0; i < 4; i++) START(children[i]) {
      __atomic_add_fetch(&words[1], 1, __ATOMIC_SEQ_CST);
      while (words[0] == 0) syscall(SYS_futex, &words[0], FUTEX_WAIT, 0, NULL, NULL, 0);
      __atomic_add_fetch(&words[2], 1, __ATOMIC_SEQ_CST);
      open_gate(woken);
    }
  while (__atomic_load_n(&words[1], __ATOMIC_SEQ_CST) < 4) nap();
  SHOW(syscall(SYS_futex, &words[0], FUTEX_WAIT, 7, NULL, NULL, 0));
  words[0] = 1;
  syscall(SYS_futex, &words[0], FUTEX_WAKE, 1, NULL, NULL, 0);
  pass_gate(woken);
  syscall(SYS_futex, &words[0], FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
  for (int i = 0; i < 3; i++) pass_gate(woken);
  SHOW(words[2]);
  for (int i = 0; i < 4; i++) reap("child", children[i]);
  SHOW(syscall(SYS_futex, &words[0], FUTEX_WAKE, INT_MAX, NULL, NULL, 0));
}
