// waitid with P_PIDFD reports stops and continuations, and leaves a zombie with WNOWAIT: waitid(2).
// marks: fork
#include <sys/pidfd.h>

#include "relatives.h"

static void wait_once(int fd, int options) {
  siginfo_t info = {0};
  long result = waitid(P_PIDFD, (id_t)fd, &info, options);
  say("%s: code %d, status %d\n", result == 0 ? "ok" : errno_name(errno), info.si_code, info.si_status);
}

CASE {
  pid_t child;
  START(child) for (;;) pause();
  int fd = pidfd_open(child, 0);
  NEED(fd >= 0);
  SHOW(pidfd_send_signal(fd, SIGSTOP, NULL, 0));
  wait_once(fd, WSTOPPED);
  wait_once(fd, WSTOPPED | WNOHANG);
  SHOW(pidfd_send_signal(fd, SIGCONT, NULL, 0));
  wait_once(fd, WCONTINUED);
  SHOW(pidfd_send_signal(fd, SIGTERM, NULL, 0));
  wait_once(fd, WEXITED | WNOWAIT);
  NEED(fcntl(fd, F_SETFL, O_NONBLOCK) == 0);
  wait_once(fd, WSTOPPED);
  wait_once(fd, WSTOPPED | WNOHANG);
  wait_once(fd, WEXITED);
  wait_once(fd, WEXITED);
  siginfo_t info;
  SHOW(waitid(P_PIDFD, (id_t)fd, &info, 0));
  SHOW(waitid(P_PIDFD, (id_t)-1, &info, WEXITED));
}
