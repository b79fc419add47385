// One urgent byte: MSG_OOB, the mark by sockatmark and SIOCATMARK, POLLPRI, errors when there is none: tcp(7).
#include "net.h"

CASE {
  int ends[2], mark = -1;
  tcp_pair(ends);
  char text[16] = "";
  SHOW(recv(ends[1], text, 1, MSG_OOB));
  SHOW(sockatmark(ends[1]));
  NEED(send(ends[0], "abc", 3, 0) == 3);
  SHOW(send(ends[0], "!", 1, MSG_OOB));
  NEED(send(ends[0], "def", 3, 0) == 3);
  await(ends[1], POLLPRI);
  await_bytes(ends[1], 3);
  SHOW(sockatmark(ends[1]));
  SHOW(recv(ends[1], text, 16, 0));
  say("%.3s\n", text);
  SHOW(sockatmark(ends[1]));
  SHOW(ioctl(ends[1], SIOCATMARK, &mark));
  SHOW(mark);
  SHOW(recv(ends[1], text, 1, MSG_OOB));
  say("%c\n", text[0]);
  SHOW(recv(ends[1], text, 1, MSG_OOB));
  await(ends[1], POLLIN);
  SHOW(recv(ends[1], text, 3, MSG_WAITALL));
  say("%.3s\n", text);
  SHOW(sockatmark(ends[1]));
  struct pollfd one = {ends[1], POLLPRI, 0};
  SHOW(poll(&one, 1, 0));
}
