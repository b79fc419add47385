// A signalfd is readable while a signal waits and never writable: select, poll and epoll: signalfd(2).
#include <sys/select.h>
#include <sys/signalfd.h>

#include "readiness.h"

CASE {
  block_signal(SIGUSR1);
  sigset_t set = set_of(SIGUSR1);
  int fd = signalfd(-1, &set, SFD_NONBLOCK), epoll = make_epoll();
  watch(epoll, fd, EPOLLIN | EPOLLOUT | EPOLLET, 1);
  for (int i = 0; i < 2; i++) {
    fd_set in, out;
    FD_ZERO(&in);
    FD_ZERO(&out);
    FD_SET(fd, &in);
    FD_SET(fd, &out);
    SHOW(select(fd + 1, &in, &out, NULL, &(struct timeval){0, 0}));
    say("%d %d\n", FD_ISSET(fd, &in) != 0, FD_ISSET(fd, &out) != 0);
    show_poll("poll", fd, POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM, 0);
    show_ready("epoll", epoll);
    raise(SIGUSR1);
  }
}
