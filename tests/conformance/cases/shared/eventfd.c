// An inherited eventfd counts for both; a semaphore gives each reader one: eventfd(2).
// marks: fork, lane
#include <poll.h>
#include <sys/eventfd.h>

#include "relatives.h"

CASE {
  int fd = eventfd(0, 0), tokens = eventfd(0, EFD_SEMAPHORE), nonblocking = eventfd(0, EFD_NONBLOCK);
  uint64_t value = 0;
  pid_t child, readers[3];
  START(child) {
    uint64_t one = 1;
    for (int i = 0; i < 10; i++) NEED(write(fd, &one, 8) == 8);
  }
  reap("child", child);
  SHOW(read(fd, &value, 8));
  SHOW(value);
  for (int i = 0; i < 3; i++) START(readers[i]) {
      uint64_t got = 0;
      NEED(read(tokens, &got, 8) == 8);
      _exit((int)got);
    }
  nap();
  value = 3;
  NEED(write(tokens, &value, 8) == 8);
  for (int i = 0; i < 3; i++) reap("reader", readers[i]);
  START(child) SHOW(read(nonblocking, &value, 8));
  reap("child", child);
  struct gate gate = make_gate();
  START(child) {
    pass_gate(gate);
    NEED(write(nonblocking, &value, 8) == 8);
  }
  struct pollfd poller = {nonblocking, POLLIN, 0};
  SHOW(poll(&poller, 1, 0));
  open_gate(gate);
  SHOW(poll(&poller, 1, -1));
  reap("child", child);
}
