// IP_RECVERR: the refusal waits in the error queue with its origin and the address meant: ip(7).
#include <time.h>
// The header of the queue needs struct timespec.
#include <linux/errqueue.h>

#include "net.h"

CASE {
  int gone = bound_socket(SOCK_DGRAM), fd = bound_socket(SOCK_DGRAM);
  struct sockaddr_in address = name_of(gone), name = {0};
  NEED(close(gone) == 0);
  char text[16] = "", control[512];
  struct iovec vector = {text, sizeof text};
  struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1, .msg_name = &name, .msg_namelen = sizeof name};
  SHOW(set_option(fd, IPPROTO_IP, IP_RECVERR, 1));
  SHOW(option_of(fd, IPPROTO_IP, IP_RECVERR));
  SHOW(recvmsg(fd, &message, MSG_ERRQUEUE));
  SHOW(sendto(fd, "lost", 4, 0, ADDRESS(address)));
  await(fd, POLLERR);
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  SHOW(recvmsg(fd, &message, MSG_ERRQUEUE));
  say("%s, flags %d, to the address meant %d\n", text, message.msg_flags == MSG_ERRQUEUE,
      name.sin_port == address.sin_port);
  for (struct cmsghdr* part = CMSG_FIRSTHDR(&message); part; part = CMSG_NXTHDR(&message, part)) {
    struct sock_extended_err error;
    memcpy(&error, CMSG_DATA(part), sizeof error);
    say("level %d, type %d, %s, origin %d, %d/%d\n", part->cmsg_level, part->cmsg_type, errno_name((int)error.ee_errno),
        error.ee_origin, error.ee_type, error.ee_code);
    struct sockaddr_in* offender = (struct sockaddr_in*)(CMSG_DATA(part) + sizeof error);
    SHOW(offender->sin_addr.s_addr == address.sin_addr.s_addr);
  }
  SHOW(recvmsg(fd, &message, MSG_ERRQUEUE));
  say("%s\n", errno_name(option_of(fd, SOL_SOCKET, SO_ERROR)));
  SHOW(recv(fd, text, 1, MSG_DONTWAIT));
}
