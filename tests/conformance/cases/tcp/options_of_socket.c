// SO_TYPE, SO_DOMAIN, SO_PROTOCOL, SO_ACCEPTCONN and others that can only be read; setting them fails: socket(7).
// variants: musl
#include "net.h"

static void facts(const char* what, int fd) {
  NEED(fd >= 0);
  say("%s: type %d, domain %d, protocol %d, listens %d, error %d\n", what, option_of(fd, SOL_SOCKET, SO_TYPE),
      option_of(fd, SOL_SOCKET, SO_DOMAIN), option_of(fd, SOL_SOCKET, SO_PROTOCOL),
      option_of(fd, SOL_SOCKET, SO_ACCEPTCONN), option_of(fd, SOL_SOCKET, SO_ERROR));
}

CASE {
  facts("stream", socket(AF_INET, SOCK_STREAM, 0));
  facts("stream with flags", socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP));
  facts("datagram", socket(AF_INET, SOCK_DGRAM, 0));
  facts("listener", tcp_listener());
  facts("unix stream", socket(AF_UNIX, SOCK_STREAM, 0));
  facts("unix packets", socket(AF_UNIX, SOCK_SEQPACKET, 0));
  facts("unix datagram", socket(AF_UNIX, SOCK_DGRAM, 0));
  facts("unix raw", socket(AF_UNIX, SOCK_RAW, 0));
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  SHOW(set_option(fd, SOL_SOCKET, SO_TYPE, 1));
  SHOW(set_option(fd, SOL_SOCKET, SO_DOMAIN, 1));
  SHOW(set_option(fd, SOL_SOCKET, SO_PROTOCOL, 1));
  SHOW(set_option(fd, SOL_SOCKET, SO_ACCEPTCONN, 1));
  SHOW(set_option(fd, SOL_SOCKET, SO_ERROR, 1));
  SHOW(set_option(fd, SOL_SOCKET, SO_SNDLOWAT, 1));
  SHOW(option_of(fd, SOL_SOCKET, SO_SNDLOWAT));
  SHOW(option_of(fd, SOL_SOCKET, SO_RCVLOWAT));
  SHOW(set_option(fd, SOL_SOCKET, SO_RCVLOWAT, 100));
  SHOW(option_of(fd, SOL_SOCKET, SO_RCVLOWAT));
  uint64_t cookie = 0, again = 1;
  socklen_t size = sizeof cookie;
  STATUS(getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &size));
  NEED(getsockopt(fd, SOL_SOCKET, SO_COOKIE, &again, &size) == 0);
  say("same cookie %d, size %u\n", cookie == again, size);
  int value;
  size = sizeof value;
  STATUS(getsockopt(fd, SOL_SOCKET, SO_INCOMING_CPU, &value, &size));
}
