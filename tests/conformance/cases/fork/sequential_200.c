// Two hundred children one after the other, each with its own status: fork(2).
// marks: fork
#include "relatives.h"

CASE {
  int right = 0;
  for (int i = 0; i < 200; i++) {
    pid_t child = must_fork();
    if (child == 0) _exit(i);
    right += WEXITSTATUS(ended(child)) == i;
  }
  SHOW(right);
  SHOW(waitpid(-1, NULL, WNOHANG));
}
