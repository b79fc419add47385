// A stop and a continuation end epoll_wait with EINTR though there is no handler, and do not end poll: signal(7).
// marks: fork
#include "readiness.h"

CASE {
  int ends[2];
  pid_t child;
  make_pipe(ends);
  START(child) {
    int epoll = make_epoll();
    struct epoll_event event;
    SHOW(epoll_wait(epoll, &event, 1, -1));
  }
  for (;;) {  // until the child was caught in its call
    siginfo_t info = {.si_pid = 0};
    NEED(kill(child, SIGSTOP) == 0);
    NEED(waitid(P_PID, (id_t)child, &info, WSTOPPED | WEXITED | WNOWAIT) == 0);
    if (info.si_code == CLD_EXITED) break;
    await_stop(child);
    NEED(kill(child, SIGCONT) == 0);
    nap();
    info.si_pid = 0;
    NEED(waitid(P_PID, (id_t)child, &info, WEXITED | WNOHANG | WNOWAIT) == 0);
    if (info.si_pid == child) break;
  }
  reap("child", child);
  START(child) {
    struct pollfd entry = {ends[0], POLLIN, 0};
    SHOW(poll(&entry, 1, -1));
  }
  for (int i = 0; i < 3; i++) {
    nap();
    NEED(kill(child, SIGSTOP) == 0);
    await_stop(child);
    NEED(kill(child, SIGCONT) == 0);
  }
  must_write(ends[1], "x");
  reap("child", child);
}
