// CLONE_PARENT_SETTID and CLONE_CHILD_SETTID store the child's number in parent and child: clone(2).
// marks: fork, lane
#include <sched.h>

#include "relatives.h"

static int in_parent = -1, in_child = -1;

CASE {
  int* seen = shared_memory(KX_PAGE);
  long child = syscall(SYS_clone, CLONE_PARENT_SETTID | CLONE_CHILD_SETTID | SIGCHLD, 0, &in_parent, &in_child, 0);
  NEED(child >= 0);
  if (child == 0) {
    say("child: own number in its memory %d\n", in_child == getpid());
    seen[0] = in_parent == getpid();
    _exit(0);
  }
  reap("child", (pid_t)child);
  say("parent: %d, child's word untouched %d\n", in_parent == child, in_child == -1);
}
