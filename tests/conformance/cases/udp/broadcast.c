// The broadcast address needs SO_BROADCAST; SO_DONTROUTE, SO_PRIORITY and SO_MARK as far as they can be set: socket(7).
#include "net.h"

CASE {
  int fd = socket(AF_INET, SOCK_DGRAM, 0);
  struct sockaddr_in everyone = loopback(9);
  everyone.sin_addr.s_addr = htonl(0x7fffffff);  // that of the loopback net
  SHOW(sendto(fd, "x", 1, 0, ADDRESS(everyone)));
  SHOW(connect(fd, ADDRESS(everyone)));
  SHOW(option_of(fd, SOL_SOCKET, SO_BROADCAST));
  SHOW(set_option(fd, SOL_SOCKET, SO_BROADCAST, 2));
  SHOW(option_of(fd, SOL_SOCKET, SO_BROADCAST));
  SHOW(sendto(fd, "x", 1, 0, ADDRESS(everyone)));
  SHOW(connect(fd, ADDRESS(everyone)));
  SHOW(set_option(fd, SOL_SOCKET, SO_DONTROUTE, 1));
  SHOW(option_of(fd, SOL_SOCKET, SO_DONTROUTE));
  SHOW(set_option(fd, SOL_SOCKET, SO_PRIORITY, 5));
  SHOW(option_of(fd, SOL_SOCKET, SO_PRIORITY));
  SHOW(option_of(fd, SOL_SOCKET, SO_MARK));
  SHOW(option_of(fd, SOL_SOCKET, SO_PEEK_OFF));
  SHOW(set_option(fd, SOL_SOCKET, SO_RXQ_OVFL, 1));
  SHOW(option_of(fd, SOL_SOCKET, SO_RXQ_OVFL));
}
