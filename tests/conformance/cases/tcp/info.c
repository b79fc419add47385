// TCP_INFO tells the state of a connection, as much as there is room for: tcp(7).
#include "net.h"

static void state(const char* what, int fd) {
  struct tcp_info info;
  socklen_t size = sizeof info;
  NEED(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) == 0);
  say("%s: %d, size %d\n", what, info.tcpi_state, size == sizeof info);
}

CASE {
  int ends[2];
  state("fresh", socket(AF_INET, SOCK_STREAM, 0));
  state("listener", tcp_listener());
  tcp_pair(ends);
  state("connected", ends[0]);
  state("accepted", ends[1]);
  struct tcp_info info;
  memset(&info, 0xee, sizeof info);
  socklen_t size = 1;
  SHOW(getsockopt(ends[0], IPPROTO_TCP, TCP_INFO, &info, &size));
  say("size %u, state %d, next %x\n", size, info.tcpi_state, info.tcpi_ca_state);
  NEED(shutdown(ends[0], SHUT_WR) == 0);
  char byte;
  NEED(recv(ends[1], &byte, 1, 0) == 0);
  state("peer shut down", ends[1]);
  NEED(close(ends[1]) == 0);
  await(ends[0], POLLHUP);
  size = 4096;
  unsigned char space[4096];
  SHOW(getsockopt(ends[0], IPPROTO_TCP, TCP_INFO, space, &size));
  CHECK(size >= sizeof info && size < 4096);
  SHOW(space[0] == TCP_CLOSE || space[0] == TCP_TIME_WAIT);
  SHOW(getsockopt(ends[0], IPPROTO_TCP, TCP_INFO, NULL, &size));
}
