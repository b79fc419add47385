// Zombies of a process that ends vanish when their new parent ignores SIGCHLD: wait(2).
// marks: fork
#include <sys/prctl.h>

#include "relatives.h"

CASE {
  NEED(prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);
  handle(SIGCHLD, SIG_IGN, 0);
  pid_t* numbers = shared_memory(KX_PAGE);
  pid_t middle, child;
  START(middle) {
    handle(SIGCHLD, SIG_DFL, 0);
    for (int i = 0; i < 5; i++) {
      START(child) _exit(i);
      numbers[i] = child;
      await_zombie(child);
    }
  }
  SHOW(wait(NULL));
  for (int i = 0; i < 5; i++) SHOW(kill(numbers[i], 0));
}
