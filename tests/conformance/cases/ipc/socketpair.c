// socketpair: stream, datagram, sequenced packets, shutdown, peek, errors: socketpair(2).
#include <sys/socket.h>

#include "case.h"

CASE {
  int ends[2];
  char buffer[64] = "";
  SHOW(socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
  SHOW(write(ends[0], "stream", 6));
  SHOW(write(ends[0], "-data", 5));
  SHOW(recv(ends[1], buffer, 4, MSG_PEEK));
  SHOW(recv(ends[1], buffer, sizeof buffer, 0));
  say("%.11s\n", buffer);
  SHOW(recv(ends[1], buffer, 1, MSG_DONTWAIT));
  SHOW(shutdown(ends[0], SHUT_WR));
  SHOW(read(ends[1], buffer, 1));
  SHOW(send(ends[0], "x", 1, MSG_NOSIGNAL));
  SHOW(write(ends[1], "back", 4));
  SHOW(read(ends[0], buffer, 64));
  SHOW(close(ends[1]));
  SHOW(read(ends[0], buffer, 64));
  SHOW(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, ends));
  SHOW(send(ends[0], "first", 5, 0));
  SHOW(send(ends[0], "second", 6, 0));
  SHOW(recv(ends[1], buffer, 3, MSG_TRUNC));
  SHOW(recv(ends[1], buffer, 64, 0));
  SHOW(recv(ends[1], buffer, 64, 0));
  SHOW(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends));
  SHOW(fcntl(ends[0], F_GETFD));
  SHOW(socketpair(AF_INET, SOCK_STREAM, 0, ends));
  SHOW(socketpair(AF_UNIX, 99, 0, ends));
  SHOW(shutdown(0, SHUT_RD));
  int type = 0;
  socklen_t size = sizeof type;
  SHOW(getsockopt(ends[0], SOL_SOCKET, SO_TYPE, &type, &size));
  SHOW(type);
}
