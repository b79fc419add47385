// Descriptors, working directory and dispositions are the vfork child's own: vfork(2).
// marks: fork
#include "relatives.h"

CASE {
  int fd = file_with("file", "x");
  NEED(mkdir("d", 0755) == 0);
  pid_t child = vfork();
  if (child == 0) {
    close(fd);
    if (chdir("d") != 0) _exit(1);
    signal(SIGUSR1, SIG_IGN);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    sigprocmask(SIG_BLOCK, &set, NULL);
    umask(0777);
    _exit(0);
  }
  reap("child", child);
  SHOW(fcntl(fd, F_GETFD));
  SHOW(access("file", F_OK));
  struct sigaction action;
  sigset_t mask;
  NEED(sigaction(SIGUSR1, NULL, &action) == 0 && sigprocmask(SIG_BLOCK, NULL, &mask) == 0);
  say("default %d, blocked %d, umask %o\n", action.sa_handler == SIG_DFL, sigismember(&mask, SIGUSR2), umask(022));
}
