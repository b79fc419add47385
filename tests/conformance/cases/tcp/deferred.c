// TCP_DEFER_ACCEPT: a listener is not readable until there is data; the data is there after accept: tcp(7).
#include "net.h"

CASE {
  int listener = tcp_listener();
  SHOW(set_option(listener, IPPROTO_TCP, TCP_DEFER_ACCEPT, 30));
  CHECK(option_of(listener, IPPROTO_TCP, TCP_DEFER_ACCEPT) >= 30);
  int client = connected_to(listener);
  NEED(fcntl(listener, F_SETFL, O_NONBLOCK) == 0);
  SHOW(accept(listener, NULL, NULL));
  struct pollfd one = {listener, POLLIN, 0};
  SHOW(poll(&one, 1, 0));
  NEED(send(client, "request", 7, 0) == 7);
  await(listener, POLLIN);
  int fd = accept(listener, NULL, NULL);
  char text[16] = "";
  SHOW(recv(fd, text, sizeof text, MSG_DONTWAIT));
  say("%s\n", text);
}
