// What getsockname, getpeername and accept tell of named and unnamed unix sockets, with short room: unix(7).
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "case.h"

static void name(const char* what, int (*get)(int, struct sockaddr*, socklen_t*), int fd, socklen_t room) {
  struct sockaddr_un address;
  memset(&address, '~', sizeof address);
  socklen_t size = room;
  int result = get(fd, (struct sockaddr*)&address, &size);
  say("%s: %s, size %u, family %d", what, result == 0 ? "ok" : errno_name(errno), size, address.sun_family == AF_UNIX);
  address.sun_path[20] = 0;
  say(", %s\n", address.sun_path);
}

CASE {
  struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "server"};
  int listener = socket(AF_UNIX, SOCK_STREAM, 0), fd = socket(AF_UNIX, SOCK_STREAM, 0), pair[2];
  name("fresh", getsockname, fd, 110);
  name("fresh peer", getpeername, fd, 110);
  NEED(bind(listener, (struct sockaddr*)&address, offsetof(struct sockaddr_un, sun_path) + 6) == 0);
  NEED(listen(listener, 5) == 0 && connect(fd, (struct sockaddr*)&address, sizeof address) == 0);
  name("listener", getsockname, listener, 110);
  name("listener, short", getsockname, listener, 5);
  name("listener, none", getsockname, listener, 0);
  name("client", getsockname, fd, 110);
  name("client's peer", getpeername, fd, 110);
  memset(&address, '~', sizeof address);
  socklen_t size = sizeof address;
  int served = accept(listener, (struct sockaddr*)&address, &size);
  say("accepted: size %u, family %d\n", size, address.sun_family == AF_UNIX);
  name("served", getsockname, served, 110);
  name("served peer", getpeername, served, 110);
  strcpy(address.sun_path, "client");
  int named = socket(AF_UNIX, SOCK_STREAM, 0);
  NEED(bind(named, (struct sockaddr*)&address, sizeof address) == 0);
  strcpy(address.sun_path, "server");
  NEED(connect(named, (struct sockaddr*)&address, sizeof address) == 0);
  memset(&address, 0, sizeof address);
  size = sizeof address;
  served = accept(listener, (struct sockaddr*)&address, &size);
  say("accepted: size %u, %s\n", size, address.sun_path);
  NEED(unlink("client") == 0 && close(named) == 0);
  name("peer gone", getpeername, served, 110);
  NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
  name("pair", getsockname, pair[0], 110);
  name("pair's peer", getpeername, pair[0], 110);
  close(pair[1]);
  name("pair's peer, closed", getpeername, pair[0], 110);
}
