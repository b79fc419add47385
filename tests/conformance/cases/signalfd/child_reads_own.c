// A child that reads an inherited signalfd gets its own signals, its parent keeps its: signalfd(2).
// marks: fork
#include <sys/signalfd.h>

#include "readiness.h"

CASE {
  block_signal(SIGUSR1);
  sigset_t set = set_of(SIGUSR1);
  struct signalfd_siginfo record;
  int fd = signalfd(-1, &set, SFD_NONBLOCK);
  NEED(sigqueue(getpid(), SIGUSR1, (union sigval){.sival_int = 1}) == 0);
  pid_t child;
  START(child) {
    show_poll("child", fd, POLLIN, 0);
    SHOW(read(fd, &record, sizeof record));
    NEED(sigqueue(getpid(), SIGUSR1, (union sigval){.sival_int = 2}) == 0);
    show_poll("child, own signal", fd, POLLIN, 0);
    SHOW(read(fd, &record, sizeof record));
    SHOW(record.ssi_int);
    CHECK(record.ssi_pid == (uint32_t)getpid());
  }
  reap("child", child);
  show_poll("parent", fd, POLLIN, 0);
  SHOW(read(fd, &record, sizeof record));
  SHOW(record.ssi_int);
  CHECK(record.ssi_pid == (uint32_t)getpid());
}
