// Room for datagrams: a connected unix socket whose peer's queue is full is not writable until one is read: unix(7).
#include "readiness.h"

CASE {
  int pair[2], epoll = make_epoll();
  char buffer[64];
  make_pair(pair, SOCK_DGRAM);
  set_nonblocking(pair[0]);
  set_nonblocking(pair[1]);
  watch(epoll, pair[0], EPOLLOUT | EPOLLET, 1);
  show_ready("room", epoll);
  int sent = 0;
  while (send(pair[0], "datagram", 8, 0) == 8) sent++;
  SHOW(errno == EAGAIN);
  CHECK(sent > 0);
  show_poll("full", pair[0], POLLOUT, 0);
  show_poll("other side", pair[1], POLLIN | POLLOUT, 0);
  show_ready("full", epoll);
  int got = 0;
  while (recv(pair[1], buffer, sizeof buffer, 0) == 8) got++;
  CHECK(got == sent);
  show_wait("room again", epoll, 8, 10000);
  show_poll("room again", pair[0], POLLOUT, 10000);
  NEED(close(pair[1]) == 0);
  show_poll("peer closed", pair[0], POLLIN | POLLOUT | POLLRDHUP, 0);
  SHOW(send(pair[0], "x", 1, MSG_NOSIGNAL));
  show_poll("refused", pair[0], POLLIN | POLLOUT, 0);
}
