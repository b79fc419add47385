// shutdown of each half of a pair, of each type, and what both ends see: shutdown(2), unix(7).
#include <poll.h>
#include <sys/socket.h>

#include "case.h"

static void look(const char* who, int fd) {
  struct pollfd one = {fd, POLLIN | POLLOUT | POLLRDHUP, 0};
  int result = poll(&one, 1, 0);
  say("%s: %d, in %d, out %d, rdhup %d, hup %d\n", who, result, !!(one.revents & POLLIN), !!(one.revents & POLLOUT),
      !!(one.revents & POLLRDHUP), !!(one.revents & POLLHUP));
}

CASE {
  static const int types[] = {SOCK_STREAM, SOCK_SEQPACKET, SOCK_DGRAM};
  signal(SIGPIPE, SIG_IGN);
  for (int i = 0; i < 3; i++)
    for (int how = SHUT_RD; how <= SHUT_RDWR; how++) {
      int ends[2];
      char text[8];
      NEED(socketpair(AF_UNIX, types[i], 0, ends) == 0);
      NEED(send(ends[1], "before", 6, 0) == 6);
      say("type %d, how %d\n", i, how);
      SHOW(shutdown(ends[0], how));
      look("own", ends[0]);
      look("other", ends[1]);
      SHOW(recv(ends[0], text, 8, MSG_DONTWAIT));
      SHOW(recv(ends[0], text, 8, MSG_DONTWAIT));
      SHOW(send(ends[0], "x", 1, 0));
      SHOW(send(ends[1], "x", 1, 0));
      SHOW(recv(ends[1], text, 8, MSG_DONTWAIT));
      SHOW(recv(ends[1], text, 8, MSG_DONTWAIT));
      SHOW(shutdown(ends[0], how));
      close(ends[1]);
      look("closed", ends[0]);
      SHOW(shutdown(ends[0], SHUT_RDWR));
      SHOW(recv(ends[0], text, 8, MSG_DONTWAIT));
      close(ends[0]);
    }
}
