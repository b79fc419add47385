// POLLRDHUP, POLLHUP and POLLERR of stream sockets, unix and tcp, on both sides of a shutdown and a reset: poll(2).
#include <netinet/in.h>

#include "readiness.h"

enum { asked = POLLIN | POLLOUT | POLLPRI | POLLRDHUP };

static void tcp_pair(int pair[2]) {
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
  socklen_t size = sizeof address;
  NEED(bind(listener, (struct sockaddr*)&address, size) == 0 && listen(listener, 1) == 0);
  NEED(getsockname(listener, (struct sockaddr*)&address, &size) == 0);
  pair[0] = socket(AF_INET, SOCK_STREAM, 0);
  NEED(connect(pair[0], (struct sockaddr*)&address, size) == 0);
  pair[1] = accept(listener, NULL, NULL);
  NEED(pair[1] >= 0 && close(listener) == 0);
}

static void check(void (*make)(int[2])) {
  int pair[2];
  char byte;
  make(pair);
  show_poll("fresh", pair[0], asked, 0);
  must_write(pair[1], "x");
  show_poll("data", pair[0], POLLIN | POLLRDHUP, 10000);
  NEED(shutdown(pair[1], SHUT_WR) == 0);
  show_poll("peer shut writing", pair[0], POLLRDHUP, 10000);
  show_poll("peer shut writing", pair[0], asked, 10000);
  show_poll("other side", pair[1], asked, 0);
  NEED(read(pair[0], &byte, 1) == 1);
  show_poll("read", pair[0], asked, 0);
  SHOW(read(pair[0], &byte, 1));
  NEED(shutdown(pair[0], SHUT_WR) == 0);
  show_poll("both shut", pair[0], asked, 10000);
  show_poll("both shut, other side", pair[1], POLLHUP, 10000);
  show_poll("both shut, other side", pair[1], asked, 10000);
  NEED(close(pair[0]) == 0 && close(pair[1]) == 0);
  make(pair);
  NEED(shutdown(pair[0], SHUT_RD) == 0);
  show_poll("shut reading", pair[0], asked, 0);
  NEED(close(pair[0]) == 0 && close(pair[1]) == 0);
  make(pair);
  must_write(pair[0], "unread");
  NEED(close(pair[1]) == 0);
  show_poll("reset", pair[0], POLLHUP, 10000);
  show_poll("reset", pair[0], asked, 10000);
  SHOW(read(pair[0], &byte, 1));
  show_poll("error was read", pair[0], asked, 10000);
  NEED(close(pair[0]) == 0);
}

static void unix_pair(int pair[2]) {
  make_pair(pair, SOCK_STREAM);
}

CASE {
  say("unix\n");
  check(unix_pair);
  say("tcp\n");
  check(tcp_pair);
}
