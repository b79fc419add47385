// Pidfds of the parent, which ends, and of process 1, which does not: pidfd_open(2).
// marks: fork
#include <poll.h>
#include <sys/pidfd.h>

#include "relatives.h"

CASE {
  struct gate opened = make_gate(), done = make_gate();
  pid_t parent, child;
  START(parent) {
    START(child) {
      int fd = pidfd_open(getppid(), 0);
      struct pollfd poller = {fd, POLLIN, 0};
      SHOW(poll(&poller, 1, 0));
      open_gate(opened);
      int ready = poll(&poller, 1, -1);
      pass_gate(done);
      SHOW(ready);
      SHOW(pidfd_send_signal(fd, 0, NULL, 0));
      open_gate(opened);
    }
    pass_gate(opened);
    _exit(5);
  }
  reap("parent", parent);
  open_gate(done);
  pass_gate(opened);
  int first = pidfd_open(1, 0);
  struct pollfd poller = {first, POLLIN, 0};
  CHECK(first >= 0);
  SHOW(poll(&poller, 1, 0));
  siginfo_t info;
  SHOW(waitid(P_PIDFD, (id_t)first, &info, WEXITED | WNOHANG));
}
