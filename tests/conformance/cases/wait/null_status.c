// Every pointer of wait4 and waitid may be null: wait4(2).
// marks: fork
#include "relatives.h"

CASE {
  pid_t child;
  START(child) _exit(1);
  CHECK(wait4(child, NULL, 0, NULL) == child);
  START(child) _exit(2);
  CHECK(wait(NULL) == child);
  START(child) _exit(3);
  SHOW(syscall(SYS_waitid, P_PID, child, NULL, WEXITED, NULL));
}
