// set_tid_address gives the number of the child; nothing is cleared in memory of its own: set_tid_address(2).
// marks: fork
#include "relatives.h"

CASE {
  volatile int* word = shared_memory(KX_PAGE);
  *word = 55;
  pid_t child;
  START(child) {
    say("child: gives its number %d\n", syscall(SYS_set_tid_address, word) == getpid());
    raise(SIGKILL);
  }
  reap("child", child);
  SHOW(*word);
}
