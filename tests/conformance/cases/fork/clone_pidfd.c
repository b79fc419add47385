// CLONE_PIDFD gives a descriptor of the child, close-on-exec, readable when it ends: clone(2).
// marks: fork
#include <poll.h>
#include <sched.h>

#include "relatives.h"

CASE {
  int fd = -1;
  struct gate gate = make_gate();
  long child = syscall(SYS_clone, CLONE_PIDFD | SIGCHLD, 0, &fd, 0, 0);
  NEED(child >= 0);
  if (child == 0) {
    pass_gate(gate);
    _exit(13);
  }
  SHOW(fcntl(fd, F_GETFD));
  struct pollfd poller = {fd, POLLIN, 0};
  SHOW(poll(&poller, 1, 0));
  open_gate(gate);
  SHOW(poll(&poller, 1, -1));
  SHOW(poller.revents);
  reap("child", (pid_t)child);
  SHOW(syscall(SYS_clone, CLONE_PIDFD | CLONE_PARENT_SETTID | SIGCHLD, 0, &fd, 0, 0));
  SHOW(syscall(SYS_clone, CLONE_PIDFD | SIGCHLD, 0, 8, 0, 0));
}
