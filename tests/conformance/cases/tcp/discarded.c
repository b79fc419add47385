// MSG_TRUNC on a stream throws bytes away; zero bytes asked for; MSG_CMSG_CLOEXEC and unknown flags do no harm: tcp(7).
#include "net.h"

CASE {
  int ends[2];
  tcp_pair(ends);
  char text[16] = "untouched";
  NEED(send(ends[0], "0123456789abcdef", 16, 0) == 16);
  await_bytes(ends[1], 16);
  SHOW(recv(ends[1], text, 4, MSG_TRUNC));
  say("%s\n", text);
  SHOW(recv(ends[1], NULL, 3, MSG_TRUNC));
  SHOW(recv(ends[1], text, 0, 0));
  SHOW(recv(ends[1], text, 2, MSG_CMSG_CLOEXEC));
  say("%s\n", text);
  SHOW(recv(ends[1], text, 2, MSG_EOR | MSG_CONFIRM));
  say("%s\n", text);
  struct iovec vector = {text, 2};
  struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1, .msg_flags = 0x1234};
  SHOW(recvmsg(ends[1], &message, MSG_DONTWAIT));
  SHOW(message.msg_flags);
  SHOW(recvmsg(ends[1], &message, MSG_CMSG_CLOEXEC));
  SHOW(message.msg_flags == MSG_CMSG_CLOEXEC);
  SHOW(recv(ends[1], text, 16, 0));
  SHOW(send(ends[0], "x", 1, MSG_EOR | MSG_CONFIRM | MSG_DONTROUTE));
  SHOW(recv(ends[1], text, 1, MSG_ERRQUEUE));
}
