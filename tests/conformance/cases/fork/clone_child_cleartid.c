// CLONE_CHILD_CLEARTID clears a word in common memory at the child's end and wakes its waiter: clone(2).
// marks: fork
#include <linux/futex.h>
#include <sched.h>

#include "relatives.h"

CASE {
  volatile uint32_t* word = shared_memory(KX_PAGE);
  *word = 77;
  struct gate gate = make_gate();
  long child = syscall(SYS_clone, CLONE_CHILD_CLEARTID | SIGCHLD, 0, 0, word, 0);
  NEED(child >= 0);
  if (child == 0) {
    pass_gate(gate);
    _exit(0);
  }
  SHOW(*word);
  open_gate(gate);
  while (*word == 77) syscall(SYS_futex, word, FUTEX_WAIT, 77, NULL, NULL, 0);
  SHOW(*word);
  reap("child", (pid_t)child);
}
