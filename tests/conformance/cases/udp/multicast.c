// Options of multicast and their errors; a group on the loopback device, joined once: ip(7).
#include "net.h"

CASE {
  int fd = socket(AF_INET, SOCK_DGRAM, 0);
  SHOW(option_of(fd, IPPROTO_IP, IP_MULTICAST_TTL));
  SHOW(set_option(fd, IPPROTO_IP, IP_MULTICAST_TTL, 300));
  SHOW(set_option(fd, IPPROTO_IP, IP_MULTICAST_TTL, 3));
  SHOW(option_of(fd, IPPROTO_IP, IP_MULTICAST_TTL));
  SHOW(option_of(fd, IPPROTO_IP, IP_MULTICAST_LOOP));
  unsigned char off = 0;
  SHOW(setsockopt(fd, IPPROTO_IP, IP_MULTICAST_LOOP, &off, 1));
  SHOW(option_of(fd, IPPROTO_IP, IP_MULTICAST_LOOP));
  struct ip_mreqn group = {.imr_multiaddr.s_addr = htonl(0xeffe0107), .imr_ifindex = 1};
  SHOW(setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &group, sizeof group));
  SHOW(setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &group, sizeof group));
  SHOW(setsockopt(fd, IPPROTO_IP, IP_DROP_MEMBERSHIP, &group, sizeof group));
  SHOW(setsockopt(fd, IPPROTO_IP, IP_DROP_MEMBERSHIP, &group, sizeof group));
  SHOW(setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &group, 4));
  group.imr_multiaddr.s_addr = htonl(INADDR_LOOPBACK);
  SHOW(setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &group, sizeof group));
  struct in_addr device = {htonl(INADDR_LOOPBACK)}, got = {0};
  SHOW(setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &device, sizeof device));
  socklen_t size = sizeof got;
  SHOW(getsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &got, &size));
  say("%x, size %u\n", ntohl(got.s_addr), size);
  SHOW(set_option(socket(AF_INET, SOCK_STREAM, 0), IPPROTO_IP, IP_MULTICAST_TTL, 3));
}
