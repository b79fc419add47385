// A connected UDP socket: send without an address, only the peer is heard, connect anew and AF_UNSPEC: udp(7).
#include "net.h"

CASE {
  int ends[2], other = bound_socket(SOCK_DGRAM);
  udp_pair(ends);
  char text[16] = "";
  SHOW(send(ends[0], "hello", 5, 0));
  await(ends[1], POLLIN);
  SHOW(recv(ends[1], text, sizeof text, 0));
  say("%s\n", text);
  struct sockaddr_in address = name_of(ends[0]), peer;
  SHOW(sendto(other, "stranger", 8, 0, ADDRESS(address)));
  SHOW(send(ends[1], "friend", 6, 0));
  await(ends[0], POLLIN);
  memset(text, 0, sizeof text);
  SHOW(recv(ends[0], text, sizeof text, 0));
  say("%s\n", text);
  SHOW(recv(ends[0], text, sizeof text, MSG_DONTWAIT));
  // An address given goes before the one connected to.
  address = name_of(other);
  SHOW(sendto(ends[0], "to other", 8, 0, ADDRESS(address)));
  await(other, POLLIN);
  SHOW(recv(other, text, sizeof text, 0));
  SHOW(connect(ends[0], ADDRESS(address)));
  SHOW(send(ends[0], "again", 5, 0));
  await(other, POLLIN);
  SHOW(recv(other, text, sizeof text, 0));
  struct sockaddr none = {.sa_family = AF_UNSPEC};
  socklen_t size = sizeof peer;
  SHOW(getpeername(ends[0], (struct sockaddr*)&peer, &size));
  SHOW(peer.sin_port == address.sin_port);
  SHOW(connect(ends[0], &none, sizeof none));
  SHOW(getpeername(ends[0], (struct sockaddr*)&peer, &size));
  SHOW(send(ends[0], "x", 1, 0));
  SHOW(write(ends[0], "x", 1));
}
