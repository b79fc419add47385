// Zombies of a child that ends go to the subreaper too: prctl(2).
// marks: fork
#include <sys/prctl.h>

#include "relatives.h"

CASE {
  NEED(prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);
  pid_t middle, below;
  START(middle) {
    for (int i = 0; i < 4; i++) {
      START(below) _exit(10 + i);
      await_zombie(below);
    }
    _exit(1);
  }
  reap("middle", middle);
  int sum = 0, status;
  for (int i = 0; i < 4; i++) {
    NEED(wait(&status) > 0);
    sum += WEXITSTATUS(status);
  }
  SHOW(sum);
  SHOW(wait(&status));
}
