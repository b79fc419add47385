// The pidfd of a sibling and of the parent, inherited and passed: not to be waited for, but polled: pidfd_open(2).
// marks: fork
#include <poll.h>
#include <sys/pidfd.h>

#include "relatives.h"

CASE {
  struct gate gate = make_gate(), seen = make_gate();
  pid_t parent = getpid(), first, second;
  START(first) pass_gate(gate);
  int fd = pidfd_open(first, 0);
  NEED(fd >= 0);
  START(second) {
    struct pollfd poller = {fd, POLLIN, 0};
    siginfo_t info;
    SHOW(waitid(P_PIDFD, (id_t)fd, &info, WEXITED | WNOHANG));
    SHOW(poll(&poller, 1, 0));
    int of_parent = pidfd_open(parent, 0);
    SHOW(pidfd_send_signal(of_parent, 0, NULL, 0));
    open_gate(seen);
    SHOW(poll(&poller, 1, -1));
    SHOW(pidfd_send_signal(fd, 0, NULL, 0));
  }
  pass_gate(seen);
  open_gate(gate);
  reap("second", second);
  reap("first", first);
}
