// A changed mask takes effect for pending signals, poll and epoll; SIGKILL and SIGSTOP in it are ignored: signalfd(2).
#include <sys/signalfd.h>

#include "readiness.h"

CASE {
  sigset_t both, one = set_of(SIGUSR1), two = set_of(SIGUSR2);
  struct signalfd_siginfo record;
  int epoll = make_epoll();
  sigemptyset(&both);
  sigaddset(&both, SIGUSR1);
  sigaddset(&both, SIGUSR2);
  NEED(sigprocmask(SIG_BLOCK, &both, NULL) == 0);
  int fd = signalfd(-1, &one, SFD_NONBLOCK);
  watch(epoll, fd, EPOLLIN, 1);
  raise(SIGUSR2);
  show_ready("other pending", epoll);
  SHOW(signalfd(fd, &two, 0) == fd);
  show_poll("now watched", fd, POLLIN, 0);
  show_ready("now watched", epoll);
  SHOW(signalfd(fd, &one, 0) == fd);
  show_poll("not watched", fd, POLLIN, 0);
  show_ready("not watched", epoll);
  SHOW(read(fd, &record, sizeof record));
  raise(SIGUSR1);
  show_ready("pending", epoll);
  NEED(sigprocmask(SIG_BLOCK, NULL, &both) == 0);
  SHOW(sigwaitinfo(&one, NULL) == SIGUSR1);
  show_ready("taken by sigwaitinfo", epoll);
  SHOW(signalfd(fd, &both, 0) == fd);
  SHOW(read(fd, &record, sizeof record));
  SHOW(record.ssi_signo == SIGUSR2);
  sigset_t all;
  sigfillset(&all);
  SHOW(signalfd(fd, &all, 0) == fd);
  SHOW(signalfd(fd, &all, SFD_NONBLOCK | 1));
  SHOW(signalfd(epoll, &all, 0));
  SHOW(signalfd(-2, &all, 0));
  SHOW(syscall(SYS_signalfd4, -1, &all, 4, 0));
  SHOW(syscall(SYS_signalfd4, -1, (void*)8, 8, 0));
  SHOW(syscall(SYS_signalfd4, -1, &all, 8, 0) >= 0);
  SHOW(write(fd, &record, sizeof record));
  SHOW(lseek(fd, 0, SEEK_SET));
}
