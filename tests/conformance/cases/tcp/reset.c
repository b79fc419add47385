// close with SO_LINGER of 0 resets: ECONNRESET once, then end of file, EPIPE for who sends: socket(7).
#include "net.h"

CASE {
  int ends[2];
  tcp_pair(ends);
  struct linger linger = {1, 0}, got = {0, 0};
  socklen_t size = sizeof got;
  SHOW(setsockopt(ends[0], SOL_SOCKET, SO_LINGER, &linger, sizeof linger));
  SHOW(getsockopt(ends[0], SOL_SOCKET, SO_LINGER, &got, &size));
  say("on %d, %d s, size %u\n", got.l_onoff, got.l_linger, size);
  NEED(close(ends[0]) == 0);
  await(ends[1], POLLIN);
  struct pollfd one = {ends[1], POLLIN | POLLOUT | POLLRDHUP, 0};
  NEED(poll(&one, 1, 0) == 1);
  say("in %d, out %d, rdhup %d, err %d, hup %d\n", !!(one.revents & POLLIN), !!(one.revents & POLLOUT),
      !!(one.revents & POLLRDHUP), !!(one.revents & POLLERR), !!(one.revents & POLLHUP));
  char byte;
  SHOW(recv(ends[1], &byte, 1, 0));
  SHOW(recv(ends[1], &byte, 1, 0));
  SHOW(send(ends[1], "x", 1, MSG_NOSIGNAL));
  struct sockaddr_in peer;
  size = sizeof peer;
  SHOW(getpeername(ends[1], (struct sockaddr*)&peer, &size));
  // Closing with unread data resets as well.
  tcp_pair(ends);
  NEED(send(ends[1], "unread", 6, 0) == 6);
  await_bytes(ends[0], 6);
  NEED(close(ends[0]) == 0);
  await(ends[1], POLLIN);
  say("SO_ERROR: %s\n", errno_name(option_of(ends[1], SOL_SOCKET, SO_ERROR)));
  SHOW(recv(ends[1], &byte, 1, 0));
}
