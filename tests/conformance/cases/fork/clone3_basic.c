// clone3 as fork: exit signal, settid words and a pidfd in its structure: clone3(2).
// marks: fork, lane
#include <linux/sched.h>

#include "relatives.h"

CASE {
  int in_parent = -1, fd = -1;
  static int in_child = -1;
  struct clone_args arguments = {.flags = CLONE_PARENT_SETTID | CLONE_CHILD_SETTID | CLONE_PIDFD,
                                 .exit_signal = SIGCHLD,
                                 .parent_tid = (uintptr_t)&in_parent,
                                 .child_tid = (uintptr_t)&in_child,
                                 .pidfd = (uintptr_t)&fd};
  long child = syscall(SYS_clone3, &arguments, sizeof arguments);
  NEED(child >= 0);
  if (child == 0) {
    say("child: %d\n", in_child == getpid());
    _exit(3);
  }
  siginfo_t info = {0};
  SHOW(waitid(P_PIDFD, (id_t)fd, &info, WEXITED));
  say("parent: %d %d, status %d\n", in_parent == child, info.si_pid == child, info.si_status);
}
