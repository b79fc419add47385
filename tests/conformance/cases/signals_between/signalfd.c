// Signals of relatives by signalfd, and what a record says of them: signalfd(2).
// marks: fork, lane
#include <poll.h>
#include <sys/signalfd.h>

#include "relatives.h"

CASE {
  sigset_t set = set_of(SIGUSR1);
  sigaddset(&set, SIGCHLD);
  sigaddset(&set, SIGRTMIN);
  NEED(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
  int fd = signalfd(-1, &set, SFD_CLOEXEC);
  NEED(fd >= 0);
  struct signalfd_siginfo record;
  pid_t parent = getpid(), child;
  struct gate sent = make_gate(), gate = make_gate();
  START(child) {
    NEED(sigqueue(parent, SIGRTMIN, (union sigval){.sival_int = 9}) == 0);
    NEED(kill(parent, SIGUSR1) == 0);
    open_gate(sent);
    pass_gate(gate);
    _exit(5);
  }
  pass_gate(sent);
  for (int i = 0; i < 2; i++) {
    NEED(read(fd, &record, sizeof record) == sizeof record);
    say("%s code %d value %d sender %d\n", signal_name((int)record.ssi_signo), record.ssi_code, record.ssi_int,
        record.ssi_pid == (uint32_t)child);
  }
  struct pollfd poller = {fd, POLLIN, 0};
  SHOW(poll(&poller, 1, 0));
  open_gate(gate);
  SHOW(poll(&poller, 1, -1));
  NEED(read(fd, &record, sizeof record) == sizeof record);
  say("%s code %d status %d child %d\n", signal_name((int)record.ssi_signo), record.ssi_code, record.ssi_status,
      record.ssi_pid == (uint32_t)child);
  reap("child", child);
}
