// SO_SNDBUF and SO_RCVBUF: doubled by the kernel, with a least value and a limit; errors of sizes: socket(7).
#include "net.h"

CASE {
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  static const int values[] = {-1, 0, 1, 4096, 30000, 100000};
  for (int i = 0; i < 6; i++) {
    say("%d\n", values[i]);
    SHOW(set_option(fd, SOL_SOCKET, SO_SNDBUF, values[i]));
    SHOW(option_of(fd, SOL_SOCKET, SO_SNDBUF));
    SHOW(set_option(fd, SOL_SOCKET, SO_RCVBUF, values[i]));
    SHOW(option_of(fd, SOL_SOCKET, SO_RCVBUF));
  }
  NEED(set_option(fd, SOL_SOCKET, SO_SNDBUF, 1 << 30) == 0);
  CHECK(option_of(fd, SOL_SOCKET, SO_SNDBUF) >= 2 * 100000);
  int type = SOCK_STREAM;
  SHOW(setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &type, 2));
  // A listener's receive buffer is that of what it accepts.
  int listener = tcp_listener();
  NEED(set_option(listener, SOL_SOCKET, SO_RCVBUF, 20000) == 0);
  int client = connected_to(listener), served = accept(listener, NULL, NULL);
  SHOW(option_of(served, SOL_SOCKET, SO_RCVBUF));
  int pair[2];
  NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
  SHOW(set_option(pair[0], SOL_SOCKET, SO_SNDBUF, 10000));
  SHOW(option_of(pair[0], SOL_SOCKET, SO_SNDBUF));
  static char block[200000];
  CHECK(send(pair[0], block, sizeof block, MSG_DONTWAIT) < 60000);
  SHOW(send(pair[0], block, sizeof block, MSG_DONTWAIT));
  close(client);
}
