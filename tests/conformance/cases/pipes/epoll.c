// epoll over a pipe of a child: level, edge and hang-up: epoll(7).
// marks: fork
#include <sys/epoll.h>

#include "relatives.h"

CASE {
  for (int edge = 0; edge < 2; edge++) {
    int ends[2], epoll = epoll_create1(EPOLL_CLOEXEC);
    NEED(pipe(ends) == 0);
    struct gate go = make_gate(), done = make_gate();
    pid_t child;
    START(child) {
      close(ends[0]);
      for (int i = 0; i < 2; i++) {
        pass_gate(go);
        NEED(write(ends[1], "xy", 2) == 2);
        open_gate(done);
      }
      pass_gate(go);
    }
    close(ends[1]);
    struct epoll_event event = {.events = EPOLLIN | (edge ? (uint32_t)EPOLLET : 0u)};
    NEED(epoll_ctl(epoll, EPOLL_CTL_ADD, ends[0], &event) == 0);
    SHOW(epoll_wait(epoll, &event, 1, 0));
    for (int i = 0; i < 2; i++) {
      open_gate(go);
      pass_gate(done);
      SHOW(epoll_wait(epoll, &event, 1, -1));
      SHOW(event.events);
      SHOW(epoll_wait(epoll, &event, 1, 0));
      char byte;
      NEED(read(ends[0], &byte, 1) == 1);
    }
    open_gate(go);
    reap("child", child);
    SHOW(epoll_wait(epoll, &event, 1, -1));
    SHOW(event.events);
  }
}
