// listen: a backlog of any value, once more on a listener, on what cannot listen; connections wait in order: listen(2).
#include "net.h"

CASE {
  int listener = bound_socket(SOCK_STREAM);
  SHOW(listen(listener, -1));
  SHOW(listen(listener, 0));
  SHOW(listen(listener, 1 << 30));
  SHOW(listen(listener, 8));
  SHOW(listen(99, 1));
  SHOW(listen(STDOUT_FILENO, 1));
  SHOW(listen(socket(AF_INET, SOCK_DGRAM, 0), 1));
  int pair[2];
  tcp_pair(pair);
  SHOW(listen(pair[0], 1));
  // Data sent before the accept is there after it; order is kept.
  int clients[8];
  for (int i = 0; i < 8; i++) {
    char byte = (char)('0' + i);
    clients[i] = connected_to(listener);
    NEED(send(clients[i], &byte, 1, 0) == 1 && shutdown(clients[i], SHUT_WR) == 0);
  }
  NEED(close(clients[3]) == 0);
  for (int i = 0; i < 8; i++) {
    char text[4] = "";
    int fd = accept(listener, NULL, NULL);
    NEED(fd >= 0);
    ssize_t got = recv(fd, text, 3, 0);
    say("%ld %s, then %ld\n", (long)got, text, (long)recv(fd, text, 3, 0));
    close(fd);
  }
  // A socket that was never bound gets a port by listen.
  int lone = socket(AF_INET, SOCK_STREAM, 0);
  SHOW(listen(lone, 1));
  SHOW(name_of(lone).sin_port != 0);
  SHOW(name_of(lone).sin_addr.s_addr == INADDR_ANY);
  // After shutdown of a listener nobody is accepted and nobody gets in.
  struct sockaddr_in address = name_of(listener);
  SHOW(shutdown(listener, SHUT_RD));
  SHOW(accept(listener, NULL, NULL));
  SHOW(connect(socket(AF_INET, SOCK_STREAM, 0), ADDRESS(address)));
  SHOW(listen(listener, 1));
}
