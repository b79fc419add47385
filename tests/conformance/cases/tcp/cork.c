// Nothing is lost under TCP_CORK and MSG_MORE: the pieces come when the cork is drawn: tcp(7), send(2).
#include "net.h"

CASE {
  int ends[2];
  tcp_pair(ends);
  char text[64] = "";
  SHOW(set_option(ends[0], IPPROTO_TCP, TCP_CORK, 1));
  for (int i = 0; i < 5; i++) NEED(send(ends[0], "corked ", 7, 0) == 7);
  SHOW(set_option(ends[0], IPPROTO_TCP, TCP_CORK, 0));
  SHOW(recv(ends[1], text, 35, MSG_WAITALL));
  say("%s\n", text);
  memset(text, 0, sizeof text);
  SHOW(send(ends[0], "more ", 5, MSG_MORE));
  SHOW(send(ends[0], "and ", 4, MSG_MORE));
  SHOW(send(ends[0], "end", 3, 0));
  SHOW(recv(ends[1], text, 12, MSG_WAITALL));
  say("%s\n", text);
  SHOW(send(ends[0], "last", 4, MSG_MORE));
  SHOW(shutdown(ends[0], SHUT_WR));
  memset(text, 0, sizeof text);
  SHOW(recv(ends[1], text, 5, MSG_WAITALL));
  say("%s\n", text);
}
