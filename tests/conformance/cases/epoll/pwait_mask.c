// epoll_pwait lets a signal in that is pending, and what is ready counts more: epoll_pwait(2).
#include "readiness.h"

static int caught;

static void on_signal(int number) {
  (void)number;
  caught++;
}

CASE {
  int ends[2], epoll = make_epoll();
  struct epoll_event event;
  sigset_t empty, now;
  sigemptyset(&empty);
  handle(SIGUSR1, on_signal, SA_RESTART);
  block_signal(SIGUSR1);
  make_pipe(ends);
  watch(epoll, ends[0], EPOLLIN, 1);
  raise(SIGUSR1);
  SHOW(epoll_wait(epoll, &event, 1, 20));
  SHOW(caught);
  SHOW(epoll_pwait(epoll, &event, 1, -1, &empty));
  SHOW(caught);
  raise(SIGUSR1);
  must_write(ends[1], "x");
  SHOW(epoll_pwait(epoll, &event, 1, -1, &empty));
  SHOW(caught);
  SHOW(epoll_pwait(epoll, &event, 1, 0, NULL));
  SHOW(caught);
  char byte;
  NEED(read(ends[0], &byte, 1) == 1);
  SHOW(epoll_pwait(epoll, &event, 1, 0, &empty));
  SHOW(caught);
  NEED(sigprocmask(SIG_SETMASK, NULL, &now) == 0);
  SHOW(sigismember(&now, SIGUSR1));
  SHOW(syscall(441, epoll, &event, 1, NULL, &empty, 8));
  SHOW(caught);
}
