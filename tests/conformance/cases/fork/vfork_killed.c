// A vfork child that is killed lets its parent go on: vfork(2).
// marks: fork
#include "relatives.h"

CASE {
  for (volatile int i = 0; i < 3; i++) {
    pid_t child = vfork();
    if (child == 0) {
      if (i == 0) kill(getpid(), SIGKILL);
      if (i == 1) *(volatile int*)8 = 0;
      raise(SIGTERM);
      _exit(1);
    }
    reap("child", child);
  }
}
