// Messages between processes, taken after a plain read, poll, select and epoll by turns, so that all see each: pipe(7).
// marks: fork
#include <sys/select.h>

#include "readiness.h"

static void await(int round, int fd, int level, int edge) {
  struct pollfd entry = {fd, POLLIN, 0};
  struct epoll_event event;
  fd_set set;
  switch (round % 5) {
    case 0:
      break;
    case 1:
      NEED(poll(&entry, 1, 60000) == 1 && entry.revents == POLLIN);
      break;
    case 2:
      FD_ZERO(&set);
      FD_SET(fd, &set);
      NEED(select(fd + 1, &set, NULL, NULL, &(struct timeval){60, 0}) == 1);
      break;
    case 3:
      NEED(epoll_wait(level, &event, 1, 60000) == 1 && event.events == EPOLLIN);
      break;
    default:
      NEED(epoll_wait(edge, &event, 1, 60000) == 1 && event.events == EPOLLIN);
  }
}

static void exchange(int in, int out, int first) {
  int level = make_epoll(), edge = make_epoll();
  watch(level, in, EPOLLIN, 1);
  watch(edge, in, EPOLLIN | EPOLLET, 1);
  for (int round = 0; round < 200; round++) {
    int number = round;
    if (first) NEED(write(out, &number, sizeof number) == sizeof number);
    await(round + first, in, level, edge);
    NEED(read(in, &number, sizeof number) == sizeof number && number == round);
    struct pollfd entry = {in, POLLIN, 0};
    NEED(poll(&entry, 1, 0) == 0);
    if (!first) NEED(write(out, &number, sizeof number) == sizeof number);
  }
}

CASE {
  int there[2], back[2];
  make_pipe(there);
  make_pipe(back);
  pid_t child;
  START(child) exchange(there[0], back[1], 0);
  exchange(back[0], there[1], 1);
  reap("child", child);
}
