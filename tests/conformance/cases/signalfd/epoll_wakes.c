// Signals of children and of others wake an epoll over a signalfd, level and edge: signalfd(2), epoll(7).
// marks: fork
#include <sys/signalfd.h>

#include "readiness.h"

CASE {
  sigset_t set = set_of(SIGCHLD);
  struct signalfd_siginfo record;
  sigaddset(&set, SIGUSR1);
  NEED(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
  int fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC), level = make_epoll(), edge = make_epoll();
  watch(level, fd, EPOLLIN, 1);
  watch(edge, fd, EPOLLIN | EPOLLET, 2);
  pid_t parent = getpid(), child;
  START(child) {
    NEED(kill(parent, SIGUSR1) == 0);
    _exit(5);
  }
  int kinds[2] = {0, 0};
  while (kinds[0] + kinds[1] < 2) {
    struct epoll_event event;
    NEED(epoll_wait(level, &event, 1, 60000) == 1);
    while (read(fd, &record, sizeof record) == sizeof record) {
      NEED(record.ssi_pid == (uint32_t)child);
      if (record.ssi_signo == SIGCHLD) say("child ended: code %d status %d\n", record.ssi_code, record.ssi_status);
      kinds[record.ssi_signo == SIGCHLD]++;
    }
    NEED(errno == EAGAIN);
  }
  say("%d %d\n", kinds[0], kinds[1]);
  reap("child", child);
  show_ready("level", level);
  struct epoll_event event;
  epoll_wait(edge, &event, 1, 0);
  raise(SIGUSR1);
  show_wait("edge", edge, 1, 60000);
  show_ready("edge once", edge);
  show_ready("level", level);
}
