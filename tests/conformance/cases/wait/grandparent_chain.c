// A chain of waits: each status travels up one generation with a change: wait(2).
// marks: fork
#include "relatives.h"

CASE {
  int level = 0;
  pid_t child;
  while ((child = must_fork()) == 0 && ++level < 10) continue;
  int code = level == 10 ? 1 : WEXITSTATUS(ended(child)) * 2 % 251;
  if (level > 0) _exit(code);
  SHOW(code);
}
