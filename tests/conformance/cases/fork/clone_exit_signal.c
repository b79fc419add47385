// The exit signal of clone is sent to the parent in place of SIGCHLD; such a child needs __WALL or __WCLONE: clone(2).
// marks: fork
#include <sched.h>

#include "relatives.h"

CASE {
  const int numbers[] = {SIGUSR1, SIGCHLD, 0};
  block_signal(SIGUSR1);
  block_signal(SIGCHLD);
  for (int i = 0; i < 3; i++) {
    long child = syscall(SYS_clone, numbers[i], 0, 0, 0, 0);
    NEED(child >= 0);
    if (child == 0) _exit(30 + i);
    siginfo_t info;
    NEED(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT | __WALL) == 0);
    sigset_t pending;
    NEED(sigpending(&pending) == 0);
    say("exit signal %d: pending SIGUSR1 %d, SIGCHLD %d\n", numbers[i], sigismember(&pending, SIGUSR1),
        sigismember(&pending, SIGCHLD));
    int status, plain = waitpid((pid_t)child, &status, 0) == child;
    int code = errno;
    say("plain wait: %s\n", plain ? "ok" : errno_name(code));
    if (!plain) {
      NEED(waitpid((pid_t)child, &status, i == 0 ? __WALL : __WCLONE) == child);
    }
    say_status("child", status);
    struct timespec none = {0, 0};
    sigset_t set = set_of(SIGUSR1);
    sigaddset(&set, SIGCHLD);
    while (sigtimedwait(&set, NULL, &none) > 0) continue;
  }
}
