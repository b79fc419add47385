// SOCK_SEQPACKET: the rest of a packet is lost, MSG_TRUNC and MSG_EOR, empty packets, large ones, MSG_PEEK: unix(7).
#include <sys/socket.h>

#include "case.h"

CASE {
  int ends[2];
  NEED(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) == 0);
  char text[16] = "";
  for (int i = 0; i < 4; i++) NEED(send(ends[0], "0123456789", 10, MSG_EOR) == 10);
  SHOW(recv(ends[1], text, 4, 0));
  struct iovec vector = {text, 4};
  struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1};
  SHOW(recvmsg(ends[1], &message, MSG_PEEK));
  SHOW(message.msg_flags == MSG_TRUNC);
  SHOW(recvmsg(ends[1], &message, MSG_TRUNC));
  SHOW(message.msg_flags == MSG_TRUNC);
  SHOW(read(ends[1], text, 16));
  SHOW(recv(ends[1], text, 16, MSG_WAITALL));
  SHOW(recv(ends[1], text, 16, MSG_DONTWAIT));
  SHOW(send(ends[0], "", 0, 0));
  SHOW(send(ends[0], "x", 1, 0));
  SHOW(recv(ends[1], text, 16, 0));
  SHOW(recv(ends[1], text, 16, 0));
  char *out = malloc(150000), *in = malloc(150000);
  for (int i = 0; i < 150000; i++) out[i] = (char)(i % 101);
  SHOW(send(ends[0], out, 100000, 0));
  SHOW(recv(ends[1], in, 150000, 0));
  SHOW(memcmp(in, out, 100000));
  int size = 0;
  socklen_t room = sizeof size;
  NEED(getsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &size, &room) == 0);
  char* huge = malloc((size_t)size + 1);
  memset(huge, 0, (size_t)size + 1);
  SHOW(send(ends[0], huge, (size_t)size + 1, 0));
  SHOW(write(ends[0], out, 4));
  NEED(shutdown(ends[0], SHUT_WR) == 0);
  SHOW(recv(ends[1], in, 16, 0));
  SHOW(recv(ends[1], in, 16, 0));
  SHOW(send(ends[0], "x", 1, MSG_NOSIGNAL));
  SHOW(send(ends[1], "x", 1, 0));
}
