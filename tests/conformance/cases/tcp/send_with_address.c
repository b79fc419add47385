// sendto over a connected stream: the address is not looked at, but copied; recvfrom gives no address: send(2).
#include "net.h"

CASE {
  int ends[2];
  tcp_pair(ends);
  struct sockaddr_in address = loopback(9);
  SHOW(sendto(ends[0], "ab", 2, 0, ADDRESS(address)));
  SHOW(sendto(ends[0], "cd", 2, 0, (struct sockaddr*)&address, 1));
  SHOW(sendto(ends[0], "ef", 2, 0, NULL, 16));
  SHOW(sendto(ends[0], "ef", 2, 0, (struct sockaddr*)8, 16));
  SHOW(sendto(ends[0], "ef", 2, 0, (struct sockaddr*)&address, 200));
  struct iovec vector = {"gh", 2};
  struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1, .msg_name = &address, .msg_namelen = sizeof address};
  SHOW(sendmsg(ends[0], &message, 0));
  char text[16] = "";
  await_bytes(ends[1], 8);
  memset(&address, 0xee, sizeof address);
  socklen_t size = sizeof address;
  SHOW(recvfrom(ends[1], text, 4, 0, (struct sockaddr*)&address, &size));
  SHOW(size);
  SHOW(address.sin_family == 0xeeee);
  vector = (struct iovec){text + 4, 4};
  message.msg_namelen = sizeof address;
  SHOW(recvmsg(ends[1], &message, 0));
  SHOW(message.msg_namelen);
  SHOW(message.msg_flags);
  say("%s\n", text);
}
