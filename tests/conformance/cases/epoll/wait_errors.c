// What epoll_wait and its relatives refuse, and which error counts first: epoll_wait(2).
#include "readiness.h"

static int pwait2(int epoll, struct epoll_event* events, int most, const struct timespec* time, const void* mask,
                  size_t size) {
  return (int)syscall(441, epoll, events, most, time, mask, size);
}

CASE {
  int ends[2], epoll = make_epoll();
  static struct epoll_event events[4];
  sigset_t none;
  sigemptyset(&none);
  make_pipe(ends);
  SHOW(epoll_wait(epoll, events, 0, 0));
  SHOW(epoll_wait(epoll, events, -1, 0));
  SHOW(epoll_wait(epoll, events, INT_MIN, 0));
  SHOW(epoll_wait(epoll, events, INT_MAX, 0));
  SHOW(epoll_wait(epoll, events, INT_MAX / 12, 0));
  SHOW(epoll_wait(epoll, events, INT_MAX / 12 + 1, 0));
  SHOW(epoll_wait(-1, events, 1, 0));
  SHOW(epoll_wait(900, events, 1, 0));
  SHOW(epoll_wait(ends[0], events, 1, 0));
  SHOW(epoll_wait(ends[0], events, 0, 0));
  SHOW(epoll_wait(epoll, NULL, 1, 0));
  SHOW(epoll_wait(epoll, (struct epoll_event*)-4096, 1, 0));
  SHOW(syscall(SYS_epoll_pwait, epoll, events, 1, 0, &none, 4));
  SHOW(syscall(SYS_epoll_pwait, epoll, events, 1, 0, &none, 16));
  SHOW(syscall(SYS_epoll_pwait, epoll, events, 1, 0, NULL, 4));
  SHOW(syscall(SYS_epoll_pwait, epoll, events, 1, 0, (void*)8, 8));
  SHOW(syscall(SYS_epoll_pwait, -1, events, 0, 0, (void*)8, 4));
  SHOW(pwait2(epoll, events, 1, &(struct timespec){0, 0}, NULL, 0));
  SHOW(pwait2(epoll, events, 1, &(struct timespec){0, 1}, &none, 8));
  SHOW(pwait2(epoll, events, 1, &(struct timespec){0, 1000000000}, NULL, 0));
  SHOW(pwait2(epoll, events, 1, &(struct timespec){0, -1}, NULL, 0));
  SHOW(pwait2(epoll, events, 1, &(struct timespec){-1, 0}, NULL, 0));
  SHOW(pwait2(epoll, events, 1, (struct timespec*)8, NULL, 0));
  SHOW(pwait2(-1, events, 0, (struct timespec*)8, NULL, 0));
  SHOW(pwait2(epoll, events, 1, &(struct timespec){0, 0}, &none, 7));
}
