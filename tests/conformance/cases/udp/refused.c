// Nobody at the other port: ECONNREFUSED by the next call on a connected socket, once; unconnected ones hear none:
// udp(7).
#include "net.h"

CASE {
  int gone = bound_socket(SOCK_DGRAM), fd = bound_socket(SOCK_DGRAM);
  struct sockaddr_in address = name_of(gone);
  NEED(connect(fd, ADDRESS(address)) == 0 && close(gone) == 0);
  char byte;
  SHOW(send(fd, "x", 1, 0));
  await(fd, POLLERR);
  struct pollfd one = {fd, POLLIN | POLLOUT, 0};
  NEED(poll(&one, 1, 0) == 1);
  SHOW((one.revents & POLLERR) != 0);
  SHOW(recv(fd, &byte, 1, 0));
  SHOW(recv(fd, &byte, 1, MSG_DONTWAIT));
  SHOW(send(fd, "x", 1, 0));
  await(fd, POLLERR);
  SHOW(send(fd, "x", 1, 0));
  SHOW(send(fd, "x", 1, 0));
  await(fd, POLLERR);
  say("%s\n", errno_name(option_of(fd, SOL_SOCKET, SO_ERROR)));
  SHOW(option_of(fd, SOL_SOCKET, SO_ERROR));
  int free_one = bound_socket(SOCK_DGRAM);
  SHOW(sendto(free_one, "x", 1, 0, ADDRESS(address)));
  SHOW(recv(free_one, &byte, 1, MSG_DONTWAIT));
  SHOW(option_of(free_one, SOL_SOCKET, SO_ERROR));
}
