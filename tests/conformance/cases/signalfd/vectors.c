// Records of a signalfd over several buffers, a fault in the second, and a signal that comes by alarm: signalfd(2).
#include <sys/signalfd.h>
#include <sys/uio.h>

#include "readiness.h"

CASE {
  sigset_t set = set_of(SIGRTMIN);
  struct signalfd_siginfo records[3];
  sigaddset(&set, SIGALRM);
  NEED(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
  int fd = signalfd(-1, &set, SFD_NONBLOCK);
  for (int i = 0; i < 3; i++) NEED(sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = i}) == 0);
  struct iovec parts[2] = {{&records[0], sizeof *records}, {&records[1], sizeof *records}};
  SHOW(readv(fd, parts, 2));
  SHOW(records[0].ssi_int);
  SHOW(records[1].ssi_int);
  SHOW(readv(fd, parts, 2));
  SHOW(records[0].ssi_int);
  SHOW(readv(fd, parts, 2));
  SHOW(preadv(fd, parts, 1, 0));
  SHOW(pread(fd, records, sizeof records, 0));
  NEED(fcntl(fd, F_SETFL, 0) == 0);
  alarm(1);
  SHOW(read(fd, records, sizeof records));
  SHOW(records[0].ssi_signo == SIGALRM);
  SHOW(records[0].ssi_code == SI_KERNEL);
  SHOW(records[0].ssi_pid);
}
