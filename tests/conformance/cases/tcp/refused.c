// connect to a port where nobody listens: ECONNREFUSED, and the socket can be used for another attempt: connect(2).
#include "net.h"

CASE {
  int reserved = bound_socket(SOCK_STREAM);  // bound, but it does not listen
  struct sockaddr_in nobody = name_of(reserved);
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  SHOW(connect(fd, ADDRESS(nobody)));
  SHOW(option_of(fd, SOL_SOCKET, SO_ERROR));
  SHOW(connect(fd, ADDRESS(nobody)));
  struct sockaddr_in peer;
  socklen_t size = sizeof peer;
  SHOW(getpeername(fd, (struct sockaddr*)&peer, &size));
  char byte;
  SHOW(recv(fd, &byte, 1, 0));
  SHOW(send(fd, "x", 1, MSG_NOSIGNAL));
  NEED(listen(reserved, 1) == 0);
  SHOW(connect(fd, ADDRESS(nobody)));
  SHOW(send(fd, "x", 1, 0));
  int other = accept(reserved, NULL, NULL);
  SHOW(recv(other, &byte, 1, 0));
}
