// socket and socketpair refuse unknown families, types, protocols and flags: socket(2), socketpair(2).
#include <netinet/in.h>
#include <sys/socket.h>

#include "case.h"

CASE {
  int pair[2] = {-7, -7};
  SHOW(socket(-1, SOCK_STREAM, 0));
  SHOW(socket(200, SOCK_STREAM, 0));
  SHOW(socket(AF_UNSPEC, SOCK_STREAM, 0));
  SHOW(socket(AF_UNIX, 0, 0));
  SHOW(socket(AF_UNIX, 9, 0));
  SHOW(socket(AF_UNIX, 15, 0));
  SHOW(socket(AF_UNIX, SOCK_RDM, 0));
  SHOW(socket(AF_UNIX, SOCK_STREAM, 5));
  SHOW(socket(AF_UNIX, SOCK_STREAM | 0x100, 0));
  SHOW(socket(AF_INET, SOCK_STREAM, IPPROTO_UDP));
  SHOW(socket(AF_INET, SOCK_DGRAM, IPPROTO_TCP));
  SHOW(socket(AF_INET, SOCK_STREAM, 250));
  SHOW(socket(AF_INET, SOCK_STREAM, -1));
  SHOW(socket(AF_INET, SOCK_STREAM, 1000));
  SHOW(socket(AF_INET, SOCK_SEQPACKET, 0));
  SHOW(socket(AF_INET, SOCK_RDM, 0));
  SHOW(socketpair(AF_INET, SOCK_STREAM, 0, pair));
  SHOW(socketpair(AF_INET, SOCK_DGRAM, 0, pair));
  SHOW(socketpair(200, SOCK_STREAM, 0, pair));
  SHOW(socketpair(AF_UNIX, SOCK_STREAM, 6, pair));
  SHOW(socketpair(AF_UNIX, SOCK_STREAM | 0x100, 0, pair));
  SHOW(socketpair(AF_UNIX, SOCK_STREAM, 0, NULL));
  SHOW(dup(0));
  STATUS(socket(AF_UNIX, SOCK_STREAM, 1));
  STATUS(socket(AF_INET, SOCK_STREAM, IPPROTO_TCP));
  SHOW(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair));
  for (int i = 0; i < 2; i++)
    say("nonblocking %d, close-on-exec %d\n", (fcntl(pair[i], F_GETFL) & O_NONBLOCK) != 0, fcntl(pair[i], F_GETFD));
  SHOW(fcntl(pair[0], F_GETFL) == (O_RDWR | O_NONBLOCK));
}
