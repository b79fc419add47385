// A nonblocking connect, its error, a listener with a connection: what poll and SO_ERROR say: connect(2), poll(2).
#include <netinet/in.h>

#include "readiness.h"

static void show_error(int socket) {
  int error = 0;
  socklen_t size = sizeof error;
  NEED(getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size) == 0);
  say("SO_ERROR %s\n", errno_name(error));
}

CASE {
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
  socklen_t size = sizeof address;
  NEED(bind(listener, (struct sockaddr*)&address, size) == 0);
  show_poll("bound", listener, POLLIN | POLLOUT, 0);
  NEED(listen(listener, 4) == 0 && getsockname(listener, (struct sockaddr*)&address, &size) == 0);
  show_poll("listens", listener, POLLIN | POLLOUT, 0);
  int client = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  SHOW(connect(client, (struct sockaddr*)&address, size) == 0 || errno == EINPROGRESS);
  show_poll("connected", client, POLLIN | POLLOUT, 10000);
  show_error(client);
  SHOW(connect(client, (struct sockaddr*)&address, size));
  show_poll("listener", listener, POLLIN | POLLOUT, 10000);
  int accepted = accept(listener, NULL, NULL);
  NEED(accepted >= 0);
  show_poll("accepted", accepted, POLLIN | POLLOUT, 0);
  show_poll("listener again", listener, POLLIN, 0);
  SHOW(accept(listener, NULL, NULL));
  NEED(shutdown(listener, SHUT_RDWR) == 0);
  show_poll("listener shut", listener, POLLIN | POLLOUT | POLLRDHUP, 0);
  NEED(close(listener) == 0);
  int refused = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  SHOW(connect(refused, (struct sockaddr*)&address, size));
  show_poll("refused", refused, POLLIN | POLLOUT | POLLRDHUP, 10000);
  show_error(refused);
  show_poll("error was taken", refused, POLLIN | POLLOUT | POLLRDHUP, 10000);
}
