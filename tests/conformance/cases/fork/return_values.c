// The raw calls fork, vfork and clone give the child's number once in the parent and 0 once in the child: fork(2).
// marks: fork
#include "relatives.h"

CASE {
  const int calls[] = {SYS_fork, SYS_clone};
  for (int i = 0; i < 2; i++) {
    long result = calls[i] == SYS_fork ? syscall(SYS_fork) : syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
    if (result == 0) {
      say("child of call %d\n", i);
      syscall(SYS_exit_group, 20 + i);
    }
    reap("raw call", (pid_t)result);
    CHECK(result > 0);
  }
}
