// Copies of one file, as standard input, output and errors often are, can be in one epoll together: dup(2), epoll(7).
#include <sys/eventfd.h>

#include "readiness.h"

CASE {
  int epoll = make_epoll(), counter = eventfd(1, 0), pair[2];
  int copies[3] = {dup(counter), fcntl(counter, F_DUPFD_CLOEXEC, 40), dup3(counter, 60, O_CLOEXEC)};
  NEED(counter >= 0 && copies[0] >= 0 && copies[1] >= 40 && copies[2] == 60);
  STATUS(control(epoll, EPOLL_CTL_ADD, counter, EPOLLIN, 1));
  for (int i = 0; i < 3; i++) STATUS(control(epoll, EPOLL_CTL_ADD, copies[i], EPOLLOUT, (uint64_t)i + 2));
  show_ready("four", epoll);
  STATUS(control(epoll, EPOLL_CTL_MOD, copies[1], EPOLLIN, 13));
  STATUS(control(epoll, EPOLL_CTL_DEL, copies[0], 0, 0));
  show_ready("three", epoll);
  make_pair(pair, SOCK_STREAM);
  int writer = dup(pair[0]);
  STATUS(control(epoll, EPOLL_CTL_ADD, pair[0], EPOLLIN, 20));
  STATUS(control(epoll, EPOLL_CTL_ADD, writer, EPOLLOUT, 21));
  show_ready("and a socket", epoll);
  STATUS(control(epoll, EPOLL_CTL_DEL, writer, 0, 0));
  must_write(pair[1], "x");
  show_ready("readable", epoll);
}
