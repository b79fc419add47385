// IP_TOS, IP_TTL, IP_MTU_DISCOVER and other options of IP on TCP, and their errors: ip(7).
#include "net.h"

static void try_value(int fd, const char* what, int name, int value) {
  int result = set_option(fd, IPPROTO_IP, name, value);
  say("%s %d: %s", what, value, result == 0 ? "ok" : errno_name(errno));
  say(", now %d\n", option_of(fd, IPPROTO_IP, name));
}

CASE {
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  try_value(fd, "tos", IP_TOS, 0x10);
  try_value(fd, "tos", IP_TOS, 0xff);
  try_value(fd, "ttl", IP_TTL, 33);
  try_value(fd, "ttl", IP_TTL, 0);
  try_value(fd, "ttl", IP_TTL, 256);
  try_value(fd, "ttl", IP_TTL, -1);
  try_value(fd, "mtu discover", IP_MTU_DISCOVER, IP_PMTUDISC_DO);
  try_value(fd, "mtu discover", IP_MTU_DISCOVER, 17);
  try_value(fd, "freebind", IP_FREEBIND, 1);
  try_value(fd, "late port", IP_BIND_ADDRESS_NO_PORT, 1);
  try_value(fd, "pktinfo", IP_PKTINFO, 1);
  unsigned char tos = 8;
  SHOW(setsockopt(fd, IPPROTO_IP, IP_TOS, &tos, 1));
  socklen_t size = 1;
  tos = 0;
  SHOW(getsockopt(fd, IPPROTO_IP, IP_TOS, &tos, &size));
  say("%d, size %u\n", tos, size);
  SHOW(setsockopt(fd, IPPROTO_IP, IP_TOS, &tos, 0));
  // With IP_FREEBIND an address of nobody can be bound.
  struct sockaddr_in foreign = loopback(0);
  foreign.sin_addr.s_addr = htonl(0xc6336401);
  SHOW(bind(fd, ADDRESS(foreign)));
  SHOW(option_of(fd, IPPROTO_IP, IP_MTU));
  int ends[2];
  tcp_pair(ends);
  CHECK(option_of(ends[0], IPPROTO_IP, IP_MTU) > 1000);
}
