// signalfd: blocked signals are read as records: signalfd(2).
#include <poll.h>
#include <sys/signalfd.h>

#include "case.h"

CASE {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  sigaddset(&set, SIGRTMIN + 1);
  NEED(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
  int fd = SHOW(signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
  struct signalfd_siginfo records[4];
  struct pollfd poller = {fd, POLLIN, 0};
  SHOW(read(fd, records, sizeof records));
  SHOW(poll(&poller, 1, 0));
  raise(SIGUSR1);
  NEED(sigqueue(getpid(), SIGRTMIN + 1, (union sigval){.sival_int = 77}) == 0);
  SHOW(poll(&poller, 1, 0));
  SHOW(read(fd, records, sizeof records) / (long)sizeof *records);
  say("%s code %d own pid %d\n", signal_name((int)records[0].ssi_signo), records[0].ssi_code,
      records[0].ssi_pid == (uint32_t)getpid());
  say("%s code %d value %d\n", signal_name((int)records[1].ssi_signo), records[1].ssi_code, records[1].ssi_int);
  SHOW(read(fd, records, 10));
  sigemptyset(&set);
  SHOW(signalfd(fd, &set, 0) == fd);
  raise(SIGUSR1);
  SHOW(read(fd, records, sizeof records));
  SHOW(signalfd(99, &set, 0));
  SHOW(signalfd(-1, &set, 1));
}
