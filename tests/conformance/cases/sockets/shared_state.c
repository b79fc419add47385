// What a child does to an inherited socket its parent sees: O_NONBLOCK, options, binding, listening, shutdown: fork(2).
// marks: fork
#include "net.h"

CASE {
  int fd = socket(AF_INET, SOCK_STREAM, 0), ends[2];
  tcp_pair(ends);
  pid_t child;
  START(child) {
    struct sockaddr_in address = loopback(0);
    NEED(fcntl(fd, F_SETFL, O_NONBLOCK) == 0 && fcntl(fd, F_SETFD, FD_CLOEXEC) == 0);
    NEED(set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1) == 0 && bind(fd, ADDRESS(address)) == 0 && listen(fd, 4) == 0);
    NEED(close(ends[0]) == 0);
    NEED(set_option(ends[1], IPPROTO_TCP, TCP_NODELAY, 1) == 0);
  }
  reap("child", child);
  SHOW((fcntl(fd, F_GETFL) & O_NONBLOCK) != 0);
  SHOW(fcntl(fd, F_GETFD));
  SHOW(option_of(fd, SOL_SOCKET, SO_REUSEADDR));
  SHOW(option_of(fd, SOL_SOCKET, SO_ACCEPTCONN));
  SHOW(name_of(fd).sin_port != 0);
  SHOW(accept(fd, NULL, NULL));
  SHOW(option_of(ends[1], IPPROTO_TCP, TCP_NODELAY));
  // The child's close ends nothing, its shutdown does.
  SHOW(send(ends[0], "still", 5, 0));
  char text[8] = "";
  SHOW(recv(ends[1], text, 5, MSG_WAITALL));
  START(child) SHOW(shutdown(ends[0], SHUT_WR));
  reap("child", child);
  SHOW(recv(ends[1], text, 5, 0));
  SHOW(send(ends[0], "x", 1, MSG_NOSIGNAL));
  START(child) {
    int client = connected_to(fd);
    NEED(send(client, "hello", 5, 0) == 5);
  }
  reap("child", child);
  await(fd, POLLIN);
  int served = accept(fd, NULL, NULL);
  SHOW((fcntl(served, F_GETFL) & O_NONBLOCK) != 0);
  SHOW(recv(served, text, 5, MSG_WAITALL));
  SHOW(recv(served, text, 5, 0));
}
