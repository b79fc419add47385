// SO_OOBINLINE: the urgent byte comes in its place, and a read stops before it: socket(7).
#include "net.h"

CASE {
  int ends[2];
  tcp_pair(ends);
  char text[16] = "";
  SHOW(option_of(ends[1], SOL_SOCKET, SO_OOBINLINE));
  SHOW(set_option(ends[1], SOL_SOCKET, SO_OOBINLINE, 5));
  SHOW(option_of(ends[1], SOL_SOCKET, SO_OOBINLINE));
  NEED(send(ends[0], "abc", 3, 0) == 3);
  NEED(send(ends[0], "!", 1, MSG_OOB) == 1);
  NEED(send(ends[0], "def", 3, 0) == 3);
  await_bytes(ends[1], 7);
  SHOW(recv(ends[1], text, 1, MSG_OOB));
  SHOW(recv(ends[1], text, 16, 0));
  say("%.3s\n", text);
  SHOW(sockatmark(ends[1]));
  SHOW(recv(ends[1], text, 4, MSG_WAITALL));
  say("%.4s\n", text);
  SHOW(sockatmark(ends[1]));
  int pair[2];
  NEED(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) == 0);
  SHOW(send(pair[0], "x", 1, MSG_OOB));
  SHOW(recv(pair[0], text, 1, MSG_OOB | MSG_DONTWAIT));
}
