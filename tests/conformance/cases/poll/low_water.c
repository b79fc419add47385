// With SO_RCVLOWAT a tcp socket is readable from that many bytes on, or at the end: socket(7).
#include <netinet/in.h>
#include <netinet/tcp.h>

#include "readiness.h"

CASE {
  int listener = socket(AF_INET, SOCK_STREAM, 0), low = 6, on = 1, epoll = make_epoll();
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
  socklen_t size = sizeof address;
  char text[16];
  NEED(bind(listener, (struct sockaddr*)&address, size) == 0 && listen(listener, 1) == 0);
  NEED(getsockname(listener, (struct sockaddr*)&address, &size) == 0);
  int client = socket(AF_INET, SOCK_STREAM, 0);
  NEED(connect(client, (struct sockaddr*)&address, size) == 0);
  NEED(setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0);
  int server = accept(listener, NULL, NULL);
  watch(epoll, server, EPOLLIN, 1);
  SHOW(setsockopt(server, SOL_SOCKET, SO_RCVLOWAT, &low, sizeof low));
  must_write(client, "abc");
  SHOW(recv(server, text, 3, MSG_PEEK | MSG_WAITALL));
  show_poll("three of six", server, POLLIN | POLLOUT, 0);
  show_ready("three of six", epoll);
  must_write(client, "defg");
  show_wait("seven", epoll, 8, 10000);
  SHOW(recv(server, text, 7, MSG_WAITALL));
  must_write(client, "h");
  NEED(shutdown(client, SHUT_WR) == 0);
  show_wait("one and the end", epoll, 8, 10000);
  SHOW(recv(server, text, 16, 0));
  SHOW(recv(server, text, 16, 0));
}
