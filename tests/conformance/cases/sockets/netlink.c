// NETLINK_ROUTE: the addresses of the loopback device, the names of the socket, a request that is wrong: rtnetlink(7).
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "case.h"

CASE {
  int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  NEED(fd >= 0);
  struct sockaddr_nl own = {.nl_family = AF_NETLINK};
  SHOW(bind(fd, (struct sockaddr*)&own, sizeof own));
  socklen_t size = sizeof own;
  SHOW(getsockname(fd, (struct sockaddr*)&own, &size));
  say("family %d, size %u, number %d, groups %u\n", own.nl_family == AF_NETLINK, size, own.nl_pid != 0, own.nl_groups);
  struct {
    struct nlmsghdr head;
    struct ifaddrmsg about;
  } request = {.head = {.nlmsg_len = sizeof request, .nlmsg_type = RTM_GETADDR, .nlmsg_seq = 7}};
  request.head.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  request.about.ifa_family = AF_INET;
  struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
  SHOW(sendto(fd, &request, sizeof request, 0, (struct sockaddr*)&kernel, sizeof kernel) == sizeof request);
  static _Alignas(8) char answer[32768];
  for (int done = 0; !done;) {
    struct sockaddr_nl from;
    size = sizeof from;
    ssize_t got = recvfrom(fd, answer, sizeof answer, 0, (struct sockaddr*)&from, &size);
    NEED(got > 0 && from.nl_pid == 0 && size == sizeof from);
    for (struct nlmsghdr* head = (void*)answer; NLMSG_OK(head, got); head = NLMSG_NEXT(head, got)) {
      NEED(head->nlmsg_seq == 7 && head->nlmsg_pid == own.nl_pid);
      struct ifaddrmsg* about = NLMSG_DATA(head);
      done |= head->nlmsg_type == NLMSG_DONE;
      if (head->nlmsg_type == RTM_NEWADDR && about->ifa_index == 1)
        say("lo has a prefix of %d\n", about->ifa_prefixlen);
    }
  }
  request.head.nlmsg_type = RTM_GETLINK + 900;
  request.head.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
  SHOW(send(fd, &request, sizeof request, 0) == sizeof request);
  ssize_t got = recv(fd, answer, sizeof answer, 0);
  struct nlmsghdr* head = (void*)answer;
  NEED(got >= (ssize_t)NLMSG_LENGTH(sizeof(struct nlmsgerr)));
  say("error %d: %s\n", head->nlmsg_type == NLMSG_ERROR, errno_name(-((struct nlmsgerr*)NLMSG_DATA(head))->error));
  SHOW(recv(fd, answer, sizeof answer, MSG_DONTWAIT));
  SHOW(connect(fd, (struct sockaddr*)&kernel, 4));
}
