// SO_PEERCRED of a pair tells who made it, of a connection who connected and who listened: unix(7).
// marks: fork
#include <sys/socket.h>
#include <sys/un.h>

#include "relatives.h"

static pid_t peer(int fd) {
  struct ucred credentials = {0};
  socklen_t size = sizeof credentials;
  NEED(getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) == 0);
  return credentials.pid;
}

CASE {
  int ends[2];
  NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
  pid_t parent = getpid(), child;
  START(child) say("child: pair %d\n", peer(ends[1]) == parent);
  reap("child", child);
  struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "socket"};
  int listener = socket(AF_UNIX, SOCK_STREAM, 0);
  NEED(bind(listener, (struct sockaddr*)&address, sizeof address) == 0 && listen(listener, 5) == 0);
  struct gate connected = make_gate(), go = make_gate();
  START(child) {
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    NEED(connect(fd, (struct sockaddr*)&address, sizeof address) == 0);
    say("child: listener %d\n", peer(fd) == parent);
    open_gate(connected);
    pass_gate(go);
  }
  pass_gate(connected);
  int fd = accept(listener, NULL, NULL);
  say("parent: connector %d\n", peer(fd) == child);
  open_gate(go);
  reap("child", child);
}
