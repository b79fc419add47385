// Two processes hand a turn to each other through eventfds, one of them with epoll: eventfd(2).
// marks: fork
#include <sys/eventfd.h>

#include "readiness.h"

CASE {
  int there = eventfd(0, 0), back = eventfd(0, EFD_NONBLOCK);
  uint64_t value;
  pid_t child;
  START(child) {
    for (int i = 0; i < 200; i++) {
      NEED(read(there, &value, 8) == 8);
      NEED(eventfd_write(back, value + 1) == 0);
    }
  }
  int epoll = make_epoll();
  long sum = 0;
  watch(epoll, back, EPOLLIN | EPOLLET, 1);
  for (int i = 1; i <= 200; i++) {
    struct epoll_event event;
    NEED(eventfd_write(there, (eventfd_t)i) == 0);
    NEED(epoll_wait(epoll, &event, 1, 60000) == 1);
    NEED(read(back, &value, 8) == 8);
    sum += (long)value;
  }
  SHOW(sum);
  SHOW(read(back, &value, 8));
  reap("child", child);
}
