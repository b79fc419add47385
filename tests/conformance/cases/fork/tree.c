// A binary tree of processes, five levels deep, counts itself: fork(2).
// marks: fork
#include "relatives.h"

static int count(int levels) {
  if (levels == 0) return 1;
  pid_t children[2];
  for (int i = 0; i < 2; i++) {
    children[i] = must_fork();
    if (children[i] == 0) _exit(count(levels - 1));
  }
  return 1 + WEXITSTATUS(ended(children[0])) + WEXITSTATUS(ended(children[1]));
}

CASE {
  SHOW(count(4));
}
