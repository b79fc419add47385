// A pidfd with PIDFD_NONBLOCK makes waitid fail with EAGAIN while the child runs: pidfd_open(2).
// marks: fork
#include <sys/pidfd.h>

#include "relatives.h"

CASE {
  struct gate gate = make_gate();
  pid_t child;
  START(child) pass_gate(gate);
  int fd = pidfd_open(child, PIDFD_NONBLOCK);
  NEED(fd >= 0);
  siginfo_t info;
  SHOW(fcntl(fd, F_GETFL) & O_NONBLOCK);
  SHOW(waitid(P_PIDFD, (id_t)fd, &info, WEXITED));
  open_gate(gate);
  await_zombie(child);
  SHOW(waitid(P_PIDFD, (id_t)fd, &info, WEXITED));
  CHECK(info.si_pid == child);
}
