// sendmmsg and recvmmsg over TCP: the count, a partial result when there is no more, MSG_WAITFORONE: recvmmsg(2).
#include "net.h"

CASE {
  int ends[2];
  tcp_pair(ends);
  char texts[4][8] = {"one", "two", "three", "four"}, in[4][8];
  struct iovec from[4], to[4];
  struct mmsghdr out[4], got[4];
  memset(out, 0, sizeof out);
  memset(got, 0, sizeof got);
  memset(in, 0, sizeof in);
  for (int i = 0; i < 4; i++) {
    from[i] = (struct iovec){texts[i], strlen(texts[i])};
    to[i] = (struct iovec){in[i], 5};
    out[i].msg_hdr = (struct msghdr){.msg_iov = from + i, .msg_iovlen = 1};
    got[i].msg_hdr = (struct msghdr){.msg_iov = to + i, .msg_iovlen = 1};
  }
  SHOW(sendmmsg(ends[0], out, 4, 0));
  for (int i = 0; i < 4; i++) say("%u ", out[i].msg_len);
  say("\n");
  await_bytes(ends[1], 15);
  SHOW(recvmmsg(ends[1], got, 4, MSG_DONTWAIT, NULL));
  for (int i = 0; i < 3; i++) say("%u %.5s\n", got[i].msg_len, in[i]);
  SHOW(recvmmsg(ends[1], got, 4, MSG_DONTWAIT, NULL));
  NEED(send(ends[0], "one", 3, 0) == 3);
  SHOW(recvmmsg(ends[1], got, 4, MSG_WAITFORONE, NULL));
  SHOW(sendmmsg(ends[0], out, 0, 0));
  SHOW(recvmmsg(ends[1], got, 0, 0, NULL));
  SHOW(sendmmsg(99, out, 1, 0));
  SHOW(sendmmsg(ends[0], NULL, 1, 0));
  SHOW(recvmmsg(ends[1], NULL, 1, MSG_DONTWAIT, NULL));
  from[2].iov_base = (void*)16;
  SHOW(sendmmsg(ends[0], out, 4, 0));
  out[0].msg_hdr.msg_iov = NULL;
  SHOW(sendmmsg(ends[0], out, 4, 0));
  struct timespec wrong = {0, -1};
  SHOW(recvmmsg(ends[1], got, 4, 0, &wrong));
}
