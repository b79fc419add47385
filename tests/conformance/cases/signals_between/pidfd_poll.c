// A pidfd is readable once its process has ended: poll, select and epoll: pidfd_open(2).
// marks: fork, lane
#include <poll.h>
#include <sys/epoll.h>
#include <sys/pidfd.h>
#include <sys/select.h>

#include "relatives.h"

CASE {
  struct gate gate = make_gate();
  pid_t child;
  START(child) {
    pass_gate(gate);
    raise(SIGKILL);
  }
  int fd = pidfd_open(child, 0), epoll = epoll_create1(0);
  struct epoll_event event = {.events = EPOLLIN, .data = {.u32 = 5}};
  NEED(fd >= 0 && epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0);
  struct pollfd poller = {fd, POLLIN | POLLOUT, 0};
  SHOW(poll(&poller, 1, 0));
  SHOW(epoll_wait(epoll, &event, 1, 0));
  open_gate(gate);
  SHOW(poll(&poller, 1, -1));
  SHOW(poller.revents & POLLIN);
  SHOW(epoll_wait(epoll, &event, 1, -1));
  SHOW(event.events & EPOLLIN);
  fd_set set;
  FD_ZERO(&set);
  FD_SET(fd, &set);
  SHOW(select(fd + 1, &set, NULL, NULL, NULL));
  reap("child", child);
  SHOW(poll(&poller, 1, 0));
}
