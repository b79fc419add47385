// poll for room waits until another process has read: poll(2).
// marks: fork
#include <poll.h>

#include "relatives.h"

CASE {
  int ends[2];
  static char data[65536];
  NEED(pipe(ends) == 0 && write(ends[1], data, sizeof data) == sizeof data);
  struct gate go = make_gate();
  pid_t child;
  START(child) {
    static char all[65536];
    pass_gate(go);
    NEED(read(ends[0], all, sizeof all) > 0);
  }
  struct pollfd poller = {ends[1], POLLOUT, 0};
  SHOW(poll(&poller, 1, 0));
  open_gate(go);
  SHOW(poll(&poller, 1, -1));
  SHOW(poller.revents);
  reap("child", child);
}
