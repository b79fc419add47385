// A datagram or packet of 1024 segments goes out as one and comes in as one, by each kind of call: sendmsg(2),
// readv(2).
#include "net.h"

static char out[1024][2], in[1024][2];
static struct iovec from[1024], to[1024];

static void check(const char* what, long got) {
  int right = 1;
  for (int i = 0; i < 1024; i++) right &= memcmp(in[i], out[i], 1 + (size_t)(i % 2)) == 0;
  say("%s: %ld, right %d\n", what, got, right);
  memset(in, 0, sizeof in);
}

static void with(const char* kind, int ends[2]) {
  struct msghdr message = {.msg_iov = from, .msg_iovlen = 1024};
  char left;
  say("%s\n", kind);
  SHOW(sendmsg(ends[0], &message, 0));
  await(ends[1], POLLIN);
  message = (struct msghdr){.msg_iov = to, .msg_iovlen = 1024};
  check("recvmsg", recvmsg(ends[1], &message, MSG_DONTWAIT));
  SHOW(message.msg_flags & MSG_TRUNC);
  SHOW(recv(ends[1], &left, 1, MSG_DONTWAIT));
  SHOW(writev(ends[0], from, 1024));
  await(ends[1], POLLIN);
  check("readv", readv(ends[1], to, 1024));
  SHOW(recv(ends[1], &left, 1, MSG_DONTWAIT));
}

CASE {
  int ends[2];
  for (int i = 0; i < 1024; i++) {
    memset(out[i], 'a' + i % 26, 2);
    from[i] = (struct iovec){out[i], 1 + (size_t)(i % 2)};
    to[i] = (struct iovec){in[i], 1 + (size_t)(i % 2)};
  }
  udp_pair(ends);
  with("udp", ends);
  NEED(socketpair(AF_UNIX, SOCK_DGRAM, 0, ends) == 0);
  with("unix datagram", ends);
  NEED(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) == 0);
  with("unix packet", ends);
  NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
  with("unix stream", ends);
}
