// IPv6: IPV6_V6ONLY, mapped addresses of IPv4 peers, ::1, names of 28 bytes, what fits no family: ipv6(7).
#include "net.h"

CASE {
  int fd = socket(AF_INET6, SOCK_STREAM, 0), only = socket(AF_INET6, SOCK_STREAM, 0);
  NEED(fd >= 0 && only >= 0);
  SHOW(set_option(only, IPPROTO_IPV6, IPV6_V6ONLY, 1));
  SHOW(option_of(only, IPPROTO_IPV6, IPV6_V6ONLY));
  SHOW(set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0));
  struct sockaddr_in6 any = {.sin6_family = AF_INET6}, name;
  SHOW(bind(fd, ADDRESS(any)));
  SHOW(listen(fd, 5));
  SHOW(set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1));
  socklen_t size = sizeof name;
  SHOW(getsockname(fd, (struct sockaddr*)&name, &size));
  SHOW(size);
  struct sockaddr_in four = loopback(ntohs(name.sin6_port));
  int client = socket(AF_INET, SOCK_STREAM, 0);
  SHOW(connect(client, ADDRESS(four)));
  size = sizeof name;
  STATUS(accept(fd, (struct sockaddr*)&name, &size));
  say("mapped %d, size %u\n", IN6_IS_ADDR_V4MAPPED(&name.sin6_addr), size);
  SHOW(name.sin6_port == name_of(client).sin_port);
  SHOW(bind(only, ADDRESS(four)));
  SHOW(connect(only, ADDRESS(four)));
  struct sockaddr_in6 mapped = {.sin6_family = AF_INET6, .sin6_port = four.sin_port};
  mapped.sin6_addr.s6_addr[10] = mapped.sin6_addr.s6_addr[11] = 0xff;
  memcpy(mapped.sin6_addr.s6_addr + 12, &four.sin_addr, 4);
  SHOW(connect(only, ADDRESS(mapped)));
  int both = socket(AF_INET6, SOCK_STREAM, 0);
  SHOW(connect(both, ADDRESS(mapped)));
  SHOW(send(both, "x", 1, 0));
  SHOW(bind(both, (struct sockaddr*)&mapped, 20));
}
