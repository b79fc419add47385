// Several signals in one read, the order of numbers, short buffers, and what stays pending: signalfd(2).
#include <sys/signalfd.h>

#include "readiness.h"

CASE {
  sigset_t set, pending;
  struct signalfd_siginfo records[5];
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  sigaddset(&set, SIGUSR2);
  sigaddset(&set, SIGHUP);
  sigaddset(&set, SIGRTMIN);
  sigaddset(&set, SIGRTMIN + 2);
  NEED(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
  int fd = signalfd(-1, &set, SFD_NONBLOCK);
  NEED(fd >= 0);
  for (int i = 0; i < 2; i++) {
    NEED(sigqueue(getpid(), SIGRTMIN + 2, (union sigval){.sival_int = 10 + i}) == 0);
    NEED(sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = 20 + i}) == 0);
    NEED(kill(getpid(), SIGUSR2) == 0 && kill(getpid(), SIGHUP) == 0);
  }
  SHOW(read(fd, records, sizeof *records - 1));
  memset(records, 0xff, sizeof records);
  long size = SHOW(read(fd, records, sizeof *records * 3 + 5));
  for (long i = 0; i < size / (long)sizeof *records; i++)
    say("%s code %d own %d\n", signal_name((int)records[i].ssi_signo), records[i].ssi_code,
        records[i].ssi_pid == (uint32_t)getpid() && records[i].ssi_uid == getuid());
  SHOW(records[3].ssi_signo == 0xffffffff);
  for (size_t i = 0; i < sizeof records->__pad; i++) NEED(records[0].__pad[i] == 0);
  size = SHOW(read(fd, records, sizeof records));
  for (long i = 0; i < size / (long)sizeof *records; i++)
    say("%s value %d\n", signal_name((int)records[i].ssi_signo), records[i].ssi_int);
  SHOW(read(fd, records, sizeof records));
  raise(SIGUSR1);
  SHOW(read(fd, (void*)8, sizeof *records));
  NEED(sigpending(&pending) == 0);
  SHOW(sigismember(&pending, SIGUSR1));
}
