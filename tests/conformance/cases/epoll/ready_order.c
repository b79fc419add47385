// Events come in the order in which they happened, also those that were there before ADD: epoll(7).
#include <sys/eventfd.h>

#include "readiness.h"

CASE {
  int pipes[4][2], epoll = make_epoll(), counter = eventfd(0, 0);
  NEED(counter >= 0);
  for (int i = 0; i < 4; i++) make_pipe(pipes[i]);
  must_write(pipes[2][1], "x");
  watch(epoll, pipes[0][0], EPOLLIN, 0);
  watch(epoll, pipes[2][0], EPOLLIN, 2);
  watch(epoll, pipes[1][0], EPOLLIN | EPOLLET, 1);
  watch(epoll, pipes[3][0], EPOLLIN | EPOLLET, 3);
  watch(epoll, counter, EPOLLIN | EPOLLET, 4);
  must_write(pipes[3][1], "x");
  NEED(eventfd_write(counter, 1) == 0);
  must_write(pipes[1][1], "x");
  must_write(pipes[0][1], "x");
  show_ready("first", epoll);
  NEED(eventfd_write(counter, 1) == 0);
  must_write(pipes[1][1], "x");
  show_ready("second", epoll);
  show_ready("levels only", epoll);
  NEED(control(epoll, EPOLL_CTL_MOD, pipes[3][0], EPOLLIN, 3) == 0);
  show_ready("modified is last", epoll);
}
