// Datagrams of no bytes: they arrive, poll sees them, and they are no end of file: udp(7).
#include "net.h"

CASE {
  int ends[2], count = -1;
  udp_pair(ends);
  char text[16];
  SHOW(send(ends[0], NULL, 0, 0));
  SHOW(write(ends[0], "", 0));
  struct msghdr message = {0};
  SHOW(sendmsg(ends[0], &message, 0));
  SHOW(send(ends[0], "end", 3, 0));
  await(ends[1], POLLIN);
  SHOW(ioctl(ends[1], FIONREAD, &count));
  SHOW(count);
  struct sockaddr_in from;
  socklen_t size = sizeof from;
  SHOW(recvfrom(ends[1], text, 16, 0, (struct sockaddr*)&from, &size));
  SHOW(from.sin_port == name_of(ends[0]).sin_port);
  ssize_t got;
  while (await(ends[1], POLLIN), (got = recv(ends[1], text, 16, 0)) == 0) say("empty\n");
  SHOW(got);
  SHOW(read(ends[1], text, 0));
  SHOW(recv(ends[1], text, 0, MSG_DONTWAIT));
  SHOW(writev(ends[0], NULL, 0));
}
