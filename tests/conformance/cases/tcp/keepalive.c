// What redis and postgres set: SO_KEEPALIVE, TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT, TCP_USER_TIMEOUT: tcp(7).
#include "net.h"

static void try_value(int fd, const char* what, int name, int value) {
  int result = set_option(fd, IPPROTO_TCP, name, value);
  say("%s %d: %s, now %d\n", what, value, result == 0 ? "ok" : errno_name(errno), option_of(fd, IPPROTO_TCP, name));
}

CASE {
  int ends[2];
  tcp_pair(ends);
  SHOW(set_option(ends[0], SOL_SOCKET, SO_KEEPALIVE, 3));
  SHOW(option_of(ends[0], SOL_SOCKET, SO_KEEPALIVE));
  static const int values[] = {-1, 0, 1, 60, 32767, 32768};
  for (int i = 0; i < 6; i++) {
    try_value(ends[0], "idle", TCP_KEEPIDLE, values[i]);
    try_value(ends[0], "interval", TCP_KEEPINTVL, values[i]);
    try_value(ends[0], "count", TCP_KEEPCNT, values[i]);
    try_value(ends[0], "user timeout", TCP_USER_TIMEOUT, values[i]);
    try_value(ends[0], "attempts", TCP_SYNCNT, values[i]);
  }
  try_value(ends[0], "linger", TCP_LINGER2, 20);
  try_value(ends[0], "linger", TCP_LINGER2, -5);
  // A listener's settings are those of what it accepts.
  int listener = tcp_listener();
  NEED(set_option(listener, SOL_SOCKET, SO_KEEPALIVE, 1) == 0);
  NEED(set_option(listener, IPPROTO_TCP, TCP_KEEPIDLE, 77) == 0);
  NEED(set_option(listener, IPPROTO_TCP, TCP_NODELAY, 1) == 0);
  int client = connected_to(listener), served = accept(listener, NULL, NULL);
  SHOW(option_of(served, SOL_SOCKET, SO_KEEPALIVE));
  SHOW(option_of(served, IPPROTO_TCP, TCP_KEEPIDLE));
  SHOW(option_of(served, IPPROTO_TCP, TCP_NODELAY));
  close(client);
}
