// shutdown of one direction: the peer reads to the end and still answers: shutdown(2).
#include "net.h"

CASE {
  int ends[2];
  tcp_pair(ends);
  char text[16] = "";
  SHOW(send(ends[0], "question", 8, 0));
  SHOW(shutdown(ends[0], SHUT_WR));
  SHOW(send(ends[0], "x", 1, MSG_NOSIGNAL));
  SHOW(recv(ends[1], text, 8, MSG_WAITALL));
  SHOW(recv(ends[1], text, sizeof text, 0));
  SHOW(recv(ends[1], text, sizeof text, MSG_DONTWAIT));
  struct pollfd one = {ends[1], POLLIN | POLLOUT | POLLRDHUP, 0};
  SHOW(poll(&one, 1, 0));
  say("in %d, out %d, rdhup %d, hup %d\n", !!(one.revents & POLLIN), !!(one.revents & POLLOUT),
      !!(one.revents & POLLRDHUP), !!(one.revents & POLLHUP));
  SHOW(send(ends[1], "answer", 6, 0));
  memset(text, 0, sizeof text);
  SHOW(recv(ends[0], text, 6, MSG_WAITALL));
  say("%s\n", text);
  SHOW(shutdown(ends[1], SHUT_WR));
  SHOW(recv(ends[0], text, 6, 0));
  one = (struct pollfd){ends[0], POLLIN | POLLOUT | POLLRDHUP, 0};
  SHOW(poll(&one, 1, 0));
  say("in %d, out %d, rdhup %d, hup %d\n", !!(one.revents & POLLIN), !!(one.revents & POLLOUT),
      !!(one.revents & POLLRDHUP), !!(one.revents & POLLHUP));
  SHOW(shutdown(ends[0], 3));
  SHOW(shutdown(99, SHUT_RD));
  SHOW(shutdown(socket(AF_INET, SOCK_STREAM, 0), SHUT_RD));
  SHOW(shutdown(STDOUT_FILENO, SHUT_RD));
}
