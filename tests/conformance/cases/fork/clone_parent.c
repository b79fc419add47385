// CLONE_PARENT makes a sibling: the caller's parent is its parent and waits for it: clone(2).
// marks: fork
#include <sched.h>

#include "relatives.h"

CASE {
  pid_t self = getpid();
  int* number = shared_memory(KX_PAGE);
  struct gate gate = make_gate();
  pid_t child;
  START(child) {
    long sibling = syscall(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0);
    NEED(sibling >= 0);
    if (sibling == 0) {
      say("sibling: its parent is the first process %d\n", getppid() == self);
      open_gate(gate);
      _exit(9);
    }
    *number = (int)sibling;
    pass_gate(gate);
    SHOW(waitpid((pid_t)sibling, NULL, 0));
  }
  int status, right = 0;
  for (int i = 0; i < 2; i++) {
    pid_t got = wait(&status);
    NEED(got > 0);
    right += got == child ? WEXITSTATUS(status) == 0 : WEXITSTATUS(status) == 9;
  }
  SHOW(right);
  SHOW(*number > 0);
}
