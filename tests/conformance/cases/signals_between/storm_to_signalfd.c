// Who reads signals from a descriptor gets on though a child sends them faster: signalfd(2), sigqueue(3).
// marks: fork
#include <poll.h>
#include <sys/signalfd.h>

#include "relatives.h"

CASE {
  pid_t child;
  sigset_t set;
  int number = SIGRTMIN + 1, ordered = 1, last = -1;
  NEED(sigemptyset(&set) == 0 && sigaddset(&set, number) == 0 && sigprocmask(SIG_BLOCK, &set, NULL) == 0);
  int fd = signalfd(-1, &set, SFD_CLOEXEC);
  NEED(fd >= 0);
  START(child) {
    for (union sigval value = {0};;) value.sival_int += sigqueue(getppid(), number, value) == 0;
  }
  for (int i = 0; i < 300; ++i) {
    struct signalfd_siginfo info;
    struct pollfd ready = {fd, POLLIN, 0};
    NEED(poll(&ready, 1, -1) == 1 && read(fd, &info, sizeof info) == sizeof info);
    ordered = ordered && info.ssi_pid == (unsigned)child && info.ssi_int == last + 1;
    last = info.ssi_int;
  }
  SHOW(ordered);
  NEED(kill(child, SIGKILL) == 0);
  reap("child", child);
}
