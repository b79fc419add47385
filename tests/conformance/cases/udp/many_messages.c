// recvmmsg and sendmmsg with datagrams: names, flags and lengths of each, a time limit, MSG_WAITFORONE: recvmmsg(2).
#include "net.h"

CASE {
  int ends[2];
  udp_pair(ends);
  char in[6][4];
  struct iovec from[6], to[6];
  struct mmsghdr out[6], got[6];
  struct sockaddr_in names[6];
  memset(out, 0, sizeof out);
  memset(got, 0, sizeof got);
  for (int i = 0; i < 6; i++) {
    from[i] = (struct iovec){"abcdef", (size_t)i};
    to[i] = (struct iovec){in[i], 4};
    out[i].msg_hdr = (struct msghdr){.msg_iov = from + i, .msg_iovlen = 1};
    got[i].msg_hdr = (struct msghdr){
        .msg_iov = to + i, .msg_iovlen = 1, .msg_name = names + i, .msg_namelen = sizeof(struct sockaddr_in)};
  }
  SHOW(sendmmsg(ends[0], out, 6, 0));
  for (int i = 0; i < 6; i++) say("%u ", out[i].msg_len);
  say("\n");
  SHOW(recvmmsg(ends[1], got, 5, 0, NULL));
  for (int i = 0; i < 5; i++)
    say("%u bytes, cut %d, name of %u, right %d\n", got[i].msg_len, got[i].msg_hdr.msg_flags == MSG_TRUNC,
        got[i].msg_hdr.msg_namelen, names[i].sin_port == name_of(ends[0]).sin_port);
  SHOW(recvmmsg(ends[1], got, 5, MSG_WAITFORONE, NULL));
  SHOW(got[0].msg_len);
  SHOW(got[0].msg_hdr.msg_flags == MSG_TRUNC);
  // The time is looked at after each datagram: the second one comes after it has passed.
  NEED(sendmmsg(ends[0], out + 1, 2, 0) == 2);
  struct timespec limit = {0, 0};
  SHOW(recvmmsg(ends[1], got, 5, 0, &limit));
  say("left %ld s %ld ns\n", (long)limit.tv_sec, limit.tv_nsec);
  limit = (struct timespec){100, 0};
  SHOW(recvmmsg(ends[1], got, 1, 0, &limit));
  CHECK(limit.tv_sec == 99 || (limit.tv_sec == 100 && limit.tv_nsec == 0));
  limit = (struct timespec){0, 1000000000};
  SHOW(recvmmsg(ends[1], got, 1, MSG_DONTWAIT, &limit));
  SHOW(recvmmsg(ends[1], got, 1, MSG_DONTWAIT, (struct timespec*)16));
  SHOW(recvmmsg(ends[1], got, 1, MSG_DONTWAIT, NULL));
}
