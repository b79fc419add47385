// At the limit of descriptors: socket, accept, socketpair fail with EMFILE, what waits is not lost: accept(2).
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "pass.h"

CASE {
  struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "socket"};
  int listener = socket(AF_UNIX, SOCK_STREAM, 0), client = socket(AF_UNIX, SOCK_STREAM, 0), ends[2], fds[8];
  NEED(bind(listener, (struct sockaddr*)&address, sizeof address) == 0 && listen(listener, 5) == 0);
  NEED(connect(client, (struct sockaddr*)&address, sizeof address) == 0);
  NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
  int zeros[3] = {0, 0, 0};
  NEED(pass_descriptors(ends[0], zeros, 3) == 1);
  struct rlimit limit = {20, 64};
  NEED(setrlimit(RLIMIT_NOFILE, &limit) == 0);
  while (dup(0) >= 0) continue;
  say("%s\n", errno_name(errno));
  SHOW(socket(AF_UNIX, SOCK_STREAM, 0));
  SHOW(accept(listener, NULL, NULL));
  SHOW(accept(listener, NULL, NULL));
  SHOW(socketpair(AF_UNIX, SOCK_STREAM, 0, fds));
  NEED(close(19) == 0);
  SHOW(socketpair(AF_UNIX, SOCK_STREAM, 0, fds));
  SHOW(take_descriptors(ends[1], fds, 3, 0));
  SHOW(last_flags == MSG_CTRUNC);
  SHOW(fds[0]);
  NEED(close(19) == 0);
  SHOW(accept(listener, NULL, NULL));
  SHOW(send(client, "x", 1, 0));
  char byte;
  SHOW(recv(19, &byte, 1, 0));
}
