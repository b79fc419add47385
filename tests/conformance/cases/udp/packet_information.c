// IP_PKTINFO, IP_RECVTTL, IP_RECVTOS and SO_TIMESTAMP: what comes with a datagram: ip(7), socket(7).
#include "net.h"

static void receive(int fd, size_t room) {
  char byte;
  union {
    struct cmsghdr header;
    char space[256];
  } control;
  struct iovec vector = {&byte, 1};
  struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = room};
  await(fd, POLLIN);
  NEED(recvmsg(fd, &message, 0) == 1);
  say("%d bytes of control, truncated %d\n", (int)message.msg_controllen, (message.msg_flags & MSG_CTRUNC) != 0);
  for (struct cmsghdr* part = CMSG_FIRSTHDR(&message); part; part = CMSG_NXTHDR(&message, part)) {
    int value = 0;
    memcpy(&value, CMSG_DATA(part), part->cmsg_len - CMSG_LEN(0) < 4 ? part->cmsg_len - CMSG_LEN(0) : 4);
    say("level %d, type %d, size %d", part->cmsg_level, part->cmsg_type, (int)part->cmsg_len);
    if (part->cmsg_level == IPPROTO_IP && part->cmsg_type == IP_PKTINFO) {
      struct in_pktinfo info;
      memcpy(&info, CMSG_DATA(part), sizeof info);
      say(", to %x, local %x, device %d", ntohl(info.ipi_addr.s_addr), ntohl(info.ipi_spec_dst.s_addr),
          info.ipi_ifindex);
    } else if (part->cmsg_level == IPPROTO_IP) {
      say(", value %d", value);
    }
    say("\n");
  }
}

CASE {
  int ends[2];
  udp_pair(ends);
  NEED(set_option(ends[0], IPPROTO_IP, IP_TOS, 0x10) == 0 && set_option(ends[0], IPPROTO_IP, IP_TTL, 9) == 0);
  NEED(send(ends[0], "x", 1, 0) == 1);
  receive(ends[1], 256);
  SHOW(set_option(ends[1], IPPROTO_IP, IP_PKTINFO, 1));
  SHOW(set_option(ends[1], IPPROTO_IP, IP_RECVTTL, 1));
  SHOW(set_option(ends[1], IPPROTO_IP, IP_RECVTOS, 1));
  SHOW(set_option(ends[1], SOL_SOCKET, SO_TIMESTAMP, 1));
  SHOW(option_of(ends[1], SOL_SOCKET, SO_TIMESTAMP));
  for (int i = 0; i < 5; i++) NEED(send(ends[0], "x", 1, 0) == 1);
  receive(ends[1], 256);
  receive(ends[1], 70);
  receive(ends[1], 40);
  receive(ends[1], 10);
  receive(ends[1], 0);
}
