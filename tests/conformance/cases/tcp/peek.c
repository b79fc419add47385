// MSG_PEEK leaves the data, alone and with MSG_WAITALL; FIONREAD counts it: recv(2).
#include "net.h"

CASE {
  int ends[2], count = -1;
  tcp_pair(ends);
  char text[16] = "";
  SHOW(recv(ends[1], text, 4, MSG_PEEK | MSG_DONTWAIT));
  SHOW(ioctl(ends[1], FIONREAD, &count));
  SHOW(count);
  NEED(send(ends[0], "abcdefgh", 8, 0) == 8);
  SHOW(recv(ends[1], text, 8, MSG_PEEK | MSG_WAITALL));
  say("%s\n", text);
  memset(text, 0, sizeof text);
  SHOW(recv(ends[1], text, 3, MSG_PEEK));
  say("%s\n", text);
  SHOW(ioctl(ends[1], FIONREAD, &count));
  SHOW(count);
  memset(text, 0, sizeof text);
  SHOW(recv(ends[1], text, 3, 0));
  say("%s\n", text);
  struct iovec parts[3] = {{text, 1}, {text + 4, 2}, {text + 8, 2}};
  struct msghdr message = {.msg_iov = parts, .msg_iovlen = 3};
  memset(text, '.', 12);
  SHOW(recvmsg(ends[1], &message, MSG_PEEK));
  say("%.12s\n", text);
  SHOW(ioctl(ends[1], FIONREAD, &count));
  SHOW(count);
  SHOW(recv(ends[1], text, 16, 0));
  NEED(shutdown(ends[0], SHUT_WR) == 0);
  SHOW(recv(ends[1], text, 16, MSG_PEEK));
  SHOW(recv(ends[1], text, 16, 0));
}
