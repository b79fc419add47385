// A hundred vforks in a row, each child counting in common memory: vfork(2).
// marks: fork
#include "relatives.h"

static volatile int counter;

CASE {
  volatile int right = 0;
  for (volatile int i = 0; i < 100; i++) {
    pid_t child = vfork();
    if (child == 0) {
      counter++;
      _exit(i);
    }
    right += WEXITSTATUS(ended(child)) == i;
  }
  SHOW(counter);
  SHOW(right);
}
