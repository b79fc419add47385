// getsockopt and setsockopt: unknown levels and names, sizes, bad memory, no sockets: getsockopt(2).
#include "net.h"

CASE {
  int fd = socket(AF_INET, SOCK_STREAM, 0), value = 1;
  socklen_t size = sizeof value;
  SHOW(getsockopt(fd, SOL_SOCKET, 9999, &value, &size));
  SHOW(setsockopt(fd, SOL_SOCKET, 9999, &value, sizeof value));
  SHOW(getsockopt(fd, IPPROTO_TCP, 9999, &value, &size));
  SHOW(setsockopt(fd, IPPROTO_TCP, 9999, &value, sizeof value));
  SHOW(getsockopt(fd, 12345, 1, &value, &size));
  SHOW(setsockopt(fd, 12345, 1, &value, sizeof value));
  SHOW(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &value, 3));
  SHOW(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &value, 0));
  SHOW(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &value, (socklen_t)-1));
  SHOW(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, NULL, sizeof value));
  SHOW(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &value, 2));
  SHOW(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, (void*)8, 4));
  int64_t wide = 1;
  SHOW(setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &wide, sizeof wide));
  SHOW(option_of(fd, SOL_SOCKET, SO_KEEPALIVE));
  SHOW(getsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, NULL, &size));
  SHOW(getsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &value, NULL));
  size = (socklen_t)-1;
  SHOW(getsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &value, &size));
  for (size = 0; size <= 6; size += 2) {
    unsigned char space[8];
    memset(space, 0xee, sizeof space);
    socklen_t room = size;
    SHOW(getsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, space, &room));
    say("room %u: size %u, %02x %02x %02x %02x %02x %02x\n", size, room, space[0], space[1], space[2], space[3],
        space[4], space[5]);
  }
  size = sizeof value;
  SHOW(getsockopt(99, SOL_SOCKET, SO_TYPE, &value, &size));
  SHOW(getsockopt(STDOUT_FILENO, SOL_SOCKET, SO_TYPE, &value, &size));
  SHOW(setsockopt(99, SOL_SOCKET, SO_KEEPALIVE, &value, sizeof value));
  SHOW(setsockopt(STDOUT_FILENO, SOL_SOCKET, SO_KEEPALIVE, &value, sizeof value));
  int unix_socket = socket(AF_UNIX, SOCK_STREAM, 0);
  SHOW(setsockopt(unix_socket, IPPROTO_TCP, TCP_NODELAY, &value, sizeof value));
  SHOW(getsockopt(unix_socket, IPPROTO_TCP, TCP_NODELAY, &value, &size));
  SHOW(getsockopt(unix_socket, IPPROTO_IP, IP_TOS, &value, &size));
}
