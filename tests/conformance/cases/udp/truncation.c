// A datagram is cut to the room there is; MSG_TRUNC tells and asks for its size; MSG_PEEK leaves it: recv(2).
#include "net.h"

CASE {
  int ends[2];
  udp_pair(ends);
  char text[16] = "", more[4] = "";
  for (int i = 0; i < 5; i++) NEED(send(ends[0], "0123456789", 10, 0) == 10);
  await(ends[1], POLLIN);
  SHOW(recv(ends[1], text, 4, 0));
  await(ends[1], POLLIN);
  SHOW(recv(ends[1], text, 4, MSG_PEEK | MSG_TRUNC));
  SHOW(recv(ends[1], text, 4, MSG_TRUNC));
  await(ends[1], POLLIN);
  struct iovec vectors[2] = {{text, 3}, {more, 3}};
  struct msghdr message = {.msg_iov = vectors, .msg_iovlen = 2};
  SHOW(recvmsg(ends[1], &message, MSG_PEEK));
  SHOW(message.msg_flags);
  SHOW(message.msg_flags == MSG_TRUNC);
  SHOW(recvmsg(ends[1], &message, MSG_TRUNC));
  say("%.3s %.3s\n", text, more);
  await(ends[1], POLLIN);
  message.msg_iovlen = 0;
  SHOW(recvmsg(ends[1], &message, 0));
  SHOW(message.msg_flags == MSG_TRUNC);
  await(ends[1], POLLIN);
  SHOW(read(ends[1], text, 16));
  SHOW(recv(ends[1], text, 4, MSG_DONTWAIT));
  int count = -1;
  NEED(send(ends[0], "12345", 5, 0) == 5 && send(ends[0], "123", 3, 0) == 3);
  await(ends[1], POLLIN);
  SHOW(ioctl(ends[1], FIONREAD, &count));
  SHOW(count);
  SHOW(recv(ends[1], NULL, 0, 0));
  await(ends[1], POLLIN);
  SHOW(recv(ends[1], text, 16, MSG_WAITALL));
}
