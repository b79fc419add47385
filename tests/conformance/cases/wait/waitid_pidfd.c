// waitid with P_PIDFD: blocking, non-blocking, foreign and wrong descriptors: waitid(2).
// marks: fork, lane
#include <sys/pidfd.h>

#include "relatives.h"

CASE {
  struct gate gate = make_gate();
  pid_t child;
  START(child) {
    pass_gate(gate);
    _exit(31);
  }
  int fd = pidfd_open(child, 0), itself = pidfd_open(getpid(), 0);
  NEED(fd >= 0 && itself >= 0);
  siginfo_t info = {0};
  SHOW(waitid(P_PIDFD, (id_t)fd, &info, WEXITED | WNOHANG));
  SHOW(info.si_pid);
  open_gate(gate);
  SHOW(waitid(P_PIDFD, (id_t)fd, &info, WEXITED));
  say("%d, status %d\n", info.si_pid == child, info.si_status);
  SHOW(waitid(P_PIDFD, (id_t)fd, &info, WEXITED));
  SHOW(waitid(P_PIDFD, (id_t)itself, &info, WEXITED));
  SHOW(waitid(P_PIDFD, 0, &info, WEXITED));
  SHOW(waitid(P_PIDFD, 99, &info, WEXITED));
}
