// An inherited signalfd reads the signals of the process that reads: signalfd(2).
// marks: fork
#include <sys/signalfd.h>

#include "relatives.h"

CASE {
  sigset_t set = set_of(SIGUSR1);
  NEED(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
  int fd = signalfd(-1, &set, SFD_NONBLOCK);
  struct signalfd_siginfo record;
  raise(SIGUSR1);
  pid_t child;
  START(child) {
    SHOW(read(fd, &record, sizeof record));
    NEED(sigqueue(getpid(), SIGUSR1, (union sigval){.sival_int = 33}) == 0);
    SHOW(read(fd, &record, sizeof record));
    say("child: value %d\n", record.ssi_int);
  }
  reap("child", child);
  SHOW(read(fd, &record, sizeof record));
  say("parent: own %d\n", record.ssi_pid == (uint32_t)getpid());
  SHOW(read(fd, &record, sizeof record));
}
