// Edges of a tcp connection: data, partial reads, half close, full close: epoll(7).
#include <netinet/in.h>

#include "readiness.h"

CASE {
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), epoll = make_epoll();
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
  socklen_t size = sizeof address;
  char text[64];
  NEED(bind(listener, (struct sockaddr*)&address, size) == 0 && listen(listener, 8) == 0);
  NEED(getsockname(listener, (struct sockaddr*)&address, &size) == 0);
  watch(epoll, listener, EPOLLIN | EPOLLET, 1);
  int clients[3], server[3];
  for (int i = 0; i < 3; i++) {
    clients[i] = socket(AF_INET, SOCK_STREAM, 0);
    NEED(connect(clients[i], (struct sockaddr*)&address, size) == 0);
  }
  show_wait("connections", epoll, 8, 10000);
  for (int i = 0; i < 3; i++) NEED((server[i] = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0);
  SHOW(accept4(listener, NULL, NULL, SOCK_NONBLOCK));
  watch(epoll, server[0], EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, 2);
  show_wait("new", epoll, 8, 10000);
  show_ready("nothing new", epoll);
  must_write(clients[0], "hello");
  show_wait("data", epoll, 8, 10000);
  NEED(read(server[0], text, 2) == 2);
  show_ready("partly read", epoll);
  must_write(clients[0], "again");
  show_wait("more", epoll, 8, 10000);
  SHOW(read(server[0], text, 64));
  NEED(shutdown(clients[0], SHUT_WR) == 0);
  show_wait("half closed", epoll, 8, 10000);
  SHOW(read(server[0], text, 64));
  NEED(shutdown(server[0], SHUT_WR) == 0);
  show_wait("both closed", epoll, 8, 10000);
  NEED(control(epoll, EPOLL_CTL_DEL, server[0], 0, 0) == 0);
  NEED(setsockopt(clients[1], SOL_SOCKET, SO_LINGER, &(struct linger){1, 0}, sizeof(struct linger)) == 0);
  watch(epoll, server[1], EPOLLIN | EPOLLRDHUP, 3);
  NEED(close(clients[1]) == 0);
  show_wait("reset", epoll, 8, 10000);
  SHOW(read(server[1], text, 64));
  show_ready("error taken", epoll);
}
