// CLONE_PIDFD together with CLONE_VFORK and CLONE_VM, as those who start programs use it: clone(2).
// marks: fork
#include <sched.h>

#include "relatives.h"

static int child(void* number) {
  if (*(int*)number == 1) execl("/bin/false", "false", NULL);
  return 40 + *(int*)number;
}

CASE {
  char* stack = fresh_pages(16);
  for (int i = 0; i < 3; i++) {
    int fd = -1;
    int pid = clone(child, stack + 16 * KX_PAGE, CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD, &i, &fd);
    NEED(pid > 0);
    siginfo_t info = {0};
    SHOW(fcntl(fd, F_GETFD));
    SHOW(waitid(P_PIDFD, (id_t)fd, &info, WEXITED));
    say("%d, status %d\n", info.si_pid == pid, info.si_status);
    NEED(close(fd) == 0);
  }
}
