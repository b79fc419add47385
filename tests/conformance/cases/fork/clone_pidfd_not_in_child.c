// CLONE_PIDFD: the child has no descriptor of itself; with no room for one, or a bad place, there is no child:
// clone(2). marks: fork
#include <sched.h>
#include <sys/resource.h>

#include "relatives.h"

CASE {
  int fd = -1, next = dup(0);
  NEED(next >= 0 && close(next) == 0);
  long child = syscall(SYS_clone, CLONE_PIDFD | SIGCHLD, 0, &fd, 0, 0);
  NEED(child >= 0);
  if (child == 0) {
    SHOW(fcntl(next, F_GETFD));
    CHECK(fd == -1);
    CHECK(dup(0) == next);
    _exit(7);
  }
  siginfo_t info = {0};
  NEED(waitid(P_PIDFD, (id_t)fd, &info, WEXITED) == 0);
  CHECK(fd == next);
  say("%d, status %d\n", info.si_pid == child, info.si_status);
  SHOW(close(fd));
  SHOW(syscall(SYS_clone, CLONE_PIDFD | SIGCHLD, 0, 0, 0, 0));
  SHOW(syscall(SYS_clone, CLONE_PIDFD | 0x00400000 /* CLONE_DETACHED */ | SIGCHLD, 0, &fd, 0, 0));
  struct rlimit limit = {(rlim_t)next, (rlim_t)next};
  NEED(setrlimit(RLIMIT_NOFILE, &limit) == 0);
  SHOW(syscall(SYS_clone, CLONE_PIDFD | SIGCHLD, 0, &fd, 0, 0));
  SHOW(waitpid(-1, NULL, 0));
  limit.rlim_cur = limit.rlim_max;
  SHOW(dup(0));
}
