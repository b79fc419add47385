// An epoll made before fork serves both processes; a closed descriptor stays watched while the other has it: epoll(7).
// marks: fork
#include <sys/epoll.h>

#include "relatives.h"

CASE {
  int ends[2], other[2], epoll = epoll_create1(0);
  NEED(pipe(ends) == 0 && pipe(other) == 0);
  struct epoll_event event = {.events = EPOLLIN, .data = {.u32 = 1}};
  NEED(epoll_ctl(epoll, EPOLL_CTL_ADD, ends[0], &event) == 0);
  struct gate go = make_gate(), added = make_gate();
  pid_t child;
  START(child) {
    SHOW(epoll_wait(epoll, &event, 1, 0));
    struct epoll_event own = {.events = EPOLLIN, .data = {.u32 = 2}};
    NEED(epoll_ctl(epoll, EPOLL_CTL_ADD, other[0], &own) == 0);
    open_gate(added);
    pass_gate(go);
    SHOW(epoll_wait(epoll, &event, 1, -1));
    SHOW(event.data.u32);
    NEED(epoll_ctl(epoll, EPOLL_CTL_DEL, ends[0], NULL) == 0);
  }
  pass_gate(added);
  NEED(write(other[1], "x", 1) == 1);
  SHOW(epoll_wait(epoll, &event, 1, -1));
  SHOW(event.data.u32);
  char byte;
  NEED(read(other[0], &byte, 1) == 1);
  NEED(write(ends[1], "x", 1) == 1);
  open_gate(go);
  reap("child", child);
  SHOW(epoll_wait(epoll, &event, 1, 0));
}
