// A pidfd is closed by execve unless it is told to stay; the program it stays with can use it: pidfd_open(2).
// marks: fork
#include <poll.h>
#include <sys/pidfd.h>

#include "rerun.h"

CASE {
  struct gate gate = make_gate();
  pid_t child;
  START(child) pass_gate(gate);
  int closed = pidfd_open(child, 0), kept = pidfd_open(child, 0);
  NEED(closed >= 0 && kept >= 0);
  NEED(fcntl(kept, F_SETFD, 0) == 0 && fcntl(gate.writer, F_SETFD, 0) == 0);
  NEED(dup2(kept, 30) == 30 && dup2(gate.writer, 31) == 31);
  char number[16];
  snprintf(number, sizeof number, "%d", closed);
  rerun(number, NULL);
}

AGAIN {
  struct pollfd poller = {30, POLLIN, 0};
  siginfo_t info = {0};
  SHOW(pidfd_send_signal(atoi(words[0]), 0, NULL, 0));
  SHOW(pidfd_send_signal(30, 0, NULL, 0));
  SHOW(poll(&poller, 1, 0));
  SHOW(write(31, "g", 1));
  SHOW(poll(&poller, 1, -1));
  SHOW(waitid(P_PIDFD, 30, &info, WEXITED));
  SHOW(info.si_status);
  SHOW(pidfd_send_signal(30, 0, NULL, 0));
  return 0;
}
