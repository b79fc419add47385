// A connect that does not block: EINPROGRESS, writable when done, SO_ERROR 0, then EISCONN: connect(2).
#include "net.h"

CASE {
  int listener = tcp_listener();
  struct sockaddr_in address = name_of(listener);
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  SHOW(connect(fd, ADDRESS(address)));
  await(fd, POLLOUT);
  struct pollfd one = {fd, POLLIN | POLLOUT | POLLRDHUP, 0};
  SHOW(poll(&one, 1, 0));
  SHOW(one.revents == POLLOUT);
  SHOW(option_of(fd, SOL_SOCKET, SO_ERROR));
  // The first call after the end of the attempt reports it, then the socket is connected.
  SHOW(connect(fd, ADDRESS(address)));
  SHOW(connect(fd, ADDRESS(address)));
  char byte;
  SHOW(recv(fd, &byte, 1, 0));
  int other = accept(listener, NULL, NULL);
  NEED(other >= 0);
  SHOW(send(other, "a", 1, 0));
  await(fd, POLLIN);
  SHOW(recv(fd, &byte, 1, 0));
}
