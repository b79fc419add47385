// poll sees data, room, hang-up and a lost reader of another process: poll(2).
// marks: fork, lane
#include <poll.h>

#include "relatives.h"

CASE {
  int in[2], out[2];
  NEED(pipe(in) == 0 && pipe(out) == 0);
  struct gate go = make_gate(), end = make_gate();
  pid_t child;
  START(child) {
    close(in[0]);
    close(out[1]);
    pass_gate(go);
    NEED(write(in[1], "x", 1) == 1);
    pass_gate(end);
  }
  close(in[1]);
  close(out[0]);
  struct pollfd pollers[2] = {{in[0], POLLIN, 0}, {out[1], POLLOUT, 0}};
  SHOW(poll(pollers, 1, 0));
  SHOW(poll(pollers, 2, 0));
  open_gate(go);
  SHOW(poll(pollers, 1, -1));
  SHOW(pollers[0].revents);
  char byte;
  NEED(read(in[0], &byte, 1) == 1);
  SHOW(poll(pollers, 1, 0));
  open_gate(end);
  SHOW(poll(pollers, 1, -1));
  SHOW(pollers[0].revents);
  reap("child", child);
  SHOW(poll(pollers, 2, -1));
  SHOW(pollers[1].revents);
}
