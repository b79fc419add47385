// A listening unix socket in epoll with edges: each connection is an edge, also while some wait: unix(7), epoll(7).
#include "readiness.h"

static int join(void) {
  struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "socket"};
  int client = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
  NEED(client >= 0);
  if (connect(client, (struct sockaddr*)&address, sizeof address) == 0) return client;
  say("connect: %s\n", errno_name(errno));
  NEED(close(client) == 0);
  return -1;
}

CASE {
  struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "socket"};
  int epoll = make_epoll(), listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
  NEED(bind(listener, (struct sockaddr*)&address, sizeof address) == 0);
  watch(epoll, listener, EPOLLIN | EPOLLOUT | EPOLLET, 1);
  show_ready("bound", epoll);
  NEED(listen(listener, 1) == 0);
  show_ready("listens", epoll);
  int first = join();
  show_wait("one", epoll, 8, 10000);
  show_ready("not accepted", epoll);
  int second = join();
  show_wait("two", epoll, 8, 10000);
  join();
  NEED(close(second) == 0);
  int accepted = accept(listener, NULL, NULL);
  NEED(accepted >= 0);
  show_poll("accepted", accepted, POLLIN | POLLOUT, 0);
  show_ready("one accepted", epoll);
  int gone = accept(listener, NULL, NULL);
  NEED(gone >= 0);
  show_poll("closed before it was accepted", gone, POLLIN | POLLOUT | POLLRDHUP, 0);
  SHOW(accept(listener, NULL, NULL));
  show_poll("listener", listener, POLLIN, 0);
  NEED(close(listener) == 0);
  show_ready("closed", epoll);
  show_poll("first", first, POLLIN | POLLOUT | POLLRDHUP, 0);
}
