// Calls that datagrams do not know: listen, accept, MSG_OOB, sockatmark, shutdown of a lone one: udp(7).
#include "net.h"

CASE {
  int fd = bound_socket(SOCK_DGRAM), ends[2], mark = 0;
  char byte;
  SHOW(listen(fd, 1));
  SHOW(accept(fd, NULL, NULL));
  struct sockaddr_in address = name_of(fd);
  SHOW(sendto(fd, "x", 1, MSG_OOB, ADDRESS(address)));
  SHOW(recv(fd, &byte, 1, MSG_OOB | MSG_DONTWAIT));
  SHOW(ioctl(fd, SIOCATMARK, &mark));
  SHOW(shutdown(fd, SHUT_RD));
  udp_pair(ends);
  SHOW(shutdown(ends[0], SHUT_WR));
  SHOW(send(ends[0], "x", 1, MSG_NOSIGNAL));
  SHOW(send(ends[1], "x", 1, 0));
  await(ends[0], POLLIN);
  SHOW(recv(ends[0], &byte, 1, 0));
  SHOW(shutdown(ends[0], SHUT_RD));
  SHOW(recv(ends[0], &byte, 1, 0));
  SHOW(recv(ends[0], &byte, 1, MSG_DONTWAIT));
  SHOW(shutdown(ends[1], 7));
  signal(SIGPIPE, SIG_IGN);
  SHOW(write(ends[0], "x", 1));
}
