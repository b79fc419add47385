// The pidfd of a child that leaves no zombie, by CLONE_PIDFD and before it runs: clone(2), sigaction(2).
// marks: fork
#include <poll.h>
#include <sched.h>
#include <sys/pidfd.h>

#include "relatives.h"

CASE {
  handle(SIGCHLD, SIG_IGN, 0);
  for (int i = 0; i < 20; i++) {
    int fd = -1;
    long child = syscall(SYS_clone, CLONE_PIDFD | SIGCHLD, 0, &fd, 0, 0);
    NEED(child >= 0);
    if (child == 0) _exit(i);
    struct pollfd poller = {fd, POLLIN, 0};
    siginfo_t info;
    NEED(poll(&poller, 1, -1) == 1 && (poller.revents & POLLIN) != 0);
    NEED(waitid(P_PIDFD, (id_t)fd, &info, WEXITED) == -1 && errno == ECHILD);
    NEED(pidfd_send_signal(fd, 0, NULL, 0) == -1 && errno == ESRCH);
    NEED(close(fd) == 0);
  }
  say("done\n");
}
