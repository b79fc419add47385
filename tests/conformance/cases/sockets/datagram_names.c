// Datagrams between named unix sockets: the sender's name, connect and a stranger, a receiver that is gone: unix(7).
#include <sys/socket.h>
#include <sys/un.h>

#include "case.h"

static int named(const char* path, struct sockaddr_un* address) {
  *address = (struct sockaddr_un){.sun_family = AF_UNIX};
  strcpy(address->sun_path, path);
  int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
  NEED(bind(fd, (struct sockaddr*)address, sizeof *address) == 0);
  return fd;
}

CASE {
  struct sockaddr_un a, b, c, from;
  int first = named("first", &a), second = named("second", &b), third = named("third", &c);
  int unnamed = socket(AF_UNIX, SOCK_DGRAM, 0);
  char text[16] = "";
  for (int i = 0; i < 2; i++) {
    SHOW(sendto(i == 0 ? first : unnamed, "hello", 5, 0, (struct sockaddr*)&b, sizeof b));
    memset(&from, 0, sizeof from);
    socklen_t size = sizeof from;
    SHOW(recvfrom(second, text, 16, 0, (struct sockaddr*)&from, &size));
    say("from %s, size %u\n", from.sun_path, size);
  }
  SHOW(connect(second, (struct sockaddr*)&a, sizeof a));
  SHOW(sendto(third, "x", 1, 0, (struct sockaddr*)&b, sizeof b));
  SHOW(connect(third, (struct sockaddr*)&b, sizeof b));
  SHOW(send(first, "x", 1, 0));
  SHOW(send(second, "one", 3, 0));
  SHOW(sendto(second, "two", 3, 0, (struct sockaddr*)&c, sizeof c));
  SHOW(recv(third, text, 16, MSG_DONTWAIT));
  SHOW(recv(first, text, 16, MSG_DONTWAIT));
  NEED(close(first) == 0);
  SHOW(send(second, "x", 1, MSG_NOSIGNAL));
  SHOW(send(second, "x", 1, MSG_NOSIGNAL));
  SHOW(sendto(unnamed, "x", 1, 0, (struct sockaddr*)&a, sizeof a));
  NEED(unlink("first") == 0);
  SHOW(sendto(unnamed, "x", 1, 0, (struct sockaddr*)&a, sizeof a));
  struct sockaddr none = {.sa_family = AF_UNSPEC};
  SHOW(connect(second, &none, sizeof none));
  SHOW(send(second, "x", 1, 0));
  SHOW(sendto(unnamed, "abc", 3, 0, (struct sockaddr*)&b, sizeof b));
  SHOW(recvfrom(second, text, 2, MSG_TRUNC, NULL, NULL));
}
