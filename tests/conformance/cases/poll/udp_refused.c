// A connected udp socket learns that nobody has the port: POLLERR, SO_ERROR, and data from a peer after it: udp(7).
#include <netinet/in.h>

#include "readiness.h"

static int bound(struct sockaddr_in* address) {
  socklen_t size = sizeof *address;
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
  *address = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
  NEED(bind(fd, (struct sockaddr*)address, size) == 0 && getsockname(fd, (struct sockaddr*)address, &size) == 0);
  return fd;
}

CASE {
  struct sockaddr_in own, peer_address;
  char text[16];
  int epoll = make_epoll(), socket = bound(&own), peer = bound(&peer_address);
  NEED(connect(socket, (struct sockaddr*)&peer_address, sizeof peer_address) == 0);
  watch(epoll, socket, EPOLLIN | EPOLLET, 1);
  show_poll("connected", socket, POLLIN | POLLOUT, 0);
  NEED(sendto(peer, "abc", 3, 0, (struct sockaddr*)&own, sizeof own) == 3);
  show_wait("datagram", epoll, 8, 10000);
  SHOW(recv(socket, text, 2, MSG_TRUNC));
  show_poll("taken", socket, POLLIN, 0);
  NEED(sendto(peer, "", 0, 0, (struct sockaddr*)&own, sizeof own) == 0);
  show_wait("empty datagram", epoll, 8, 10000);
  SHOW(recv(socket, text, 16, 0));
  NEED(close(peer) == 0);
  SHOW(send(socket, "x", 1, 0));
  show_poll("refused", socket, 0, 10000);
  show_poll("refused", socket, POLLIN | POLLOUT, 0);
  show_wait("refused", epoll, 8, 10000);
  SHOW(recv(socket, text, 16, 0));
  show_poll("error taken", socket, POLLIN | POLLOUT, 0);
  SHOW(recv(socket, text, 16, 0));
}
