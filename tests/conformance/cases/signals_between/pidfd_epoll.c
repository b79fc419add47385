// Two pidfds of a process are two open files: one that is closed leaves its epoll; edges are told once: epoll(7).
// marks: fork
#include <sys/epoll.h>
#include <sys/pidfd.h>

#include "relatives.h"

static struct epoll_event event_of(unsigned events, int number) {
  return (struct epoll_event){.events = events, .data = {.u32 = (unsigned)number}};
}

CASE {
  struct gate gate = make_gate();
  pid_t child;
  START(child) pass_gate(gate);
  int first = pidfd_open(child, 0), second = pidfd_open(child, 0), third = pidfd_open(child, 0);
  int epoll = epoll_create1(0);
  NEED(first >= 0 && second >= 0 && third >= 0);
  struct epoll_event event = event_of(EPOLLIN, 1), found[4];
  SHOW(epoll_ctl(epoll, EPOLL_CTL_ADD, first, &event));
  SHOW(epoll_ctl(epoll, EPOLL_CTL_ADD, first, &event));
  event = event_of(EPOLLIN | EPOLLET, 2);
  SHOW(epoll_ctl(epoll, EPOLL_CTL_ADD, second, &event));
  event = event_of(EPOLLIN | EPOLLONESHOT, 3);
  SHOW(epoll_ctl(epoll, EPOLL_CTL_ADD, third, &event));
  SHOW(close(first));
  SHOW(epoll_wait(epoll, found, 4, 0));
  open_gate(gate);
  await_zombie(child);
  int count = (int)SHOW(epoll_wait(epoll, found, 4, -1));
  unsigned sum = 0;
  for (int i = 0; i < count; i++) sum += found[i].data.u32;
  say("sum %u, readable %d\n", sum, (found[0].events & EPOLLIN) != 0);
  SHOW(epoll_wait(epoll, found, 4, 0));
  event = event_of(EPOLLIN, 4);
  SHOW(epoll_ctl(epoll, EPOLL_CTL_MOD, second, &event));
  SHOW(epoll_wait(epoll, found, 4, 0));
  SHOW(epoll_wait(epoll, found, 4, 0));
  SHOW(epoll_ctl(epoll, EPOLL_CTL_DEL, second, NULL));
  SHOW(epoll_wait(epoll, found, 4, 0));
  reap("child", child);
}
