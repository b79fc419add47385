// Control messages that go out: IP_PKTINFO chooses the source, IP_TTL and IP_TOS of one datagram; errors: ip(7).
#include "net.h"

static long send_with(int fd, int level, int type, const void* data, size_t size) {
  union {
    struct cmsghdr header;
    char space[128];
  } control;
  memset(&control, 0, sizeof control);
  struct iovec vector = {"x", 1};
  struct msghdr message = {
      .msg_iov = &vector, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = CMSG_SPACE(size)};
  control.header = (struct cmsghdr){.cmsg_len = CMSG_LEN(size), .cmsg_level = level, .cmsg_type = type};
  memcpy(CMSG_DATA(&control.header), data, size);
  return sendmsg(fd, &message, 0);
}

CASE {
  int receiver = socket(AF_INET, SOCK_DGRAM, 0), fd = socket(AF_INET, SOCK_DGRAM, 0);
  struct sockaddr_in address = loopback(0), from;
  NEED(bind(receiver, ADDRESS(address)) == 0);
  address = name_of(receiver);
  NEED(connect(fd, ADDRESS(address)) == 0);
  struct in_pktinfo info = {.ipi_spec_dst.s_addr = htonl(INADDR_LOOPBACK)};
  SHOW(send_with(fd, IPPROTO_IP, IP_PKTINFO, &info, sizeof info));
  await(receiver, POLLIN);
  char byte;
  socklen_t size = sizeof from;
  SHOW(recvfrom(receiver, &byte, 1, 0, (struct sockaddr*)&from, &size));
  say("%x\n", ntohl(from.sin_addr.s_addr));
  int ttl = 7;
  NEED(set_option(receiver, IPPROTO_IP, IP_RECVTTL, 1) == 0);
  SHOW(send_with(fd, IPPROTO_IP, IP_TTL, &ttl, sizeof ttl));
  ttl = 0;
  SHOW(send_with(fd, IPPROTO_IP, IP_TTL, &ttl, sizeof ttl));
  SHOW(send_with(fd, IPPROTO_IP, IP_TTL, &ttl, 2));
  SHOW(send_with(fd, IPPROTO_IP, 200, &ttl, sizeof ttl));
  SHOW(send_with(fd, IPPROTO_TCP, 1, &ttl, sizeof ttl));
  SHOW(send_with(fd, SOL_SOCKET, 200, &ttl, sizeof ttl));
  SHOW(send_with(fd, SOL_SOCKET, SCM_RIGHTS, &ttl, sizeof ttl));
  struct iovec vector = {"x", 1};
  struct cmsghdr broken = {.cmsg_len = 3, .cmsg_level = IPPROTO_IP, .cmsg_type = IP_TTL};
  struct msghdr message = {
      .msg_iov = &vector, .msg_iovlen = 1, .msg_control = &broken, .msg_controllen = sizeof broken};
  SHOW(sendmsg(fd, &message, 0));
  broken.cmsg_len = 4000;
  SHOW(sendmsg(fd, &message, 0));
  message.msg_controllen = 5;
  SHOW(sendmsg(fd, &message, 0));
  message.msg_control = (void*)16;
  message.msg_controllen = 32;
  SHOW(sendmsg(fd, &message, 0));
}
