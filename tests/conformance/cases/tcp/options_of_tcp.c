// TCP_NODELAY, TCP_CORK, TCP_QUICKACK, TCP_DEFER_ACCEPT, TCP_FASTOPEN, TCP_MAXSEG and others, set and read: tcp(7).
// variants: static
#include "net.h"

static void try_value(int fd, const char* what, int name, int value) {
  int result = set_option(fd, IPPROTO_TCP, name, value);
  say("%s %d: %s", what, value, result == 0 ? "ok" : errno_name(errno));
  say(", now %d\n", option_of(fd, IPPROTO_TCP, name));
}

CASE {
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  try_value(fd, "nodelay", TCP_NODELAY, 1);
  try_value(fd, "nodelay", TCP_NODELAY, 0);
  try_value(fd, "nodelay", TCP_NODELAY, -7);
  try_value(fd, "cork", TCP_CORK, 1);
  try_value(fd, "cork", TCP_CORK, 0);
  try_value(fd, "segment", TCP_MAXSEG, 1);
  try_value(fd, "segment", TCP_MAXSEG, 40000);
  try_value(fd, "segment", TCP_MAXSEG, 1000);
  try_value(fd, "defer", TCP_DEFER_ACCEPT, 1);
  try_value(fd, "defer", TCP_DEFER_ACCEPT, 0);
  try_value(fd, "clamp", TCP_WINDOW_CLAMP, 70000);
  try_value(fd, "lowat", TCP_NOTSENT_LOWAT, 16384);
  try_value(fd, "fastopen", TCP_FASTOPEN, 0);
  try_value(fd, "timestamps", TCP_FASTOPEN_CONNECT, 2);
  try_value(fd, "quick", TCP_QUICKACK, 1);
  try_value(tcp_listener(), "fastopen", TCP_FASTOPEN, -1);
  try_value(fd, "info", TCP_INFO, 0);
  try_value(fd, "inq", TCP_INQ, 1);
  try_value(fd, "inq", TCP_INQ, 2);
  char name[16] = "";
  socklen_t size = sizeof name;
  STATUS(getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, &size));
  SHOW(size);
  SHOW(setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, (socklen_t)strlen(name)));
  SHOW(setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, "no_such_one", 11));
  SHOW(setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, 0));
}
