// poll on a pair: data, shutdown and hang-up of the other process: poll(2).
// marks: fork
#include <poll.h>
#include <sys/socket.h>

#include "relatives.h"

CASE {
  int ends[2];
  NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
  struct gate go = make_gate();
  pid_t child;
  START(child) {
    close(ends[0]);
    pass_gate(go);
    NEED(send(ends[1], "x", 1, 0) == 1);
    pass_gate(go);
    NEED(shutdown(ends[1], SHUT_WR) == 0);
    pass_gate(go);
  }
  close(ends[1]);
  struct pollfd poller = {ends[0], POLLIN | POLLRDHUP, 0};
  SHOW(poll(&poller, 1, 0));
  open_gate(go);
  SHOW(poll(&poller, 1, -1));
  SHOW(poller.revents);
  char byte;
  NEED(recv(ends[0], &byte, 1, 0) == 1);
  SHOW(poll(&poller, 1, 0));
  open_gate(go);
  SHOW(poll(&poller, 1, -1));
  SHOW(poller.revents);
  open_gate(go);
  reap("child", child);
  SHOW(poll(&poller, 1, -1));
  SHOW(poller.revents);
}
