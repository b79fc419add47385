// SO_BINDTODEVICE: the loopback device and none, reading it back, errors of names: socket(7).
#include "net.h"

CASE {
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  char name[16] = "before";
  socklen_t size = sizeof name;
  SHOW(getsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name, &size));
  SHOW(size);
  SHOW(setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "no_such", 8));
  SHOW(setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "lo", (socklen_t)-1));
  SHOW(setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, NULL, 2));
  SHOW(setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3));
  size = sizeof name;
  SHOW(getsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name, &size));
  say("%s, size %u\n", name, size);
  size = 4;
  SHOW(getsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name, &size));
  int listener = tcp_listener();
  struct sockaddr_in address = name_of(listener);
  SHOW(connect(fd, ADDRESS(address)));
  STATUS(accept(listener, NULL, NULL));
}
