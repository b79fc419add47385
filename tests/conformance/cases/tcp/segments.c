// writev, readv, sendmsg and recvmsg with many segments, empty ones, too many, and bad memory among them: readv(2).
#include "net.h"

CASE {
  int ends[2];
  tcp_pair(ends);
  static char out[1024][3], in[1024][3];
  static struct iovec from[1025], to[1025];
  for (int i = 0; i < 1024; i++) {
    memset(out[i], 'a' + i % 26, 3);
    from[i] = (struct iovec){out[i], (size_t)(i % 4)};
    to[i] = (struct iovec){in[i], (size_t)(i % 4)};
  }
  SHOW(writev(ends[0], from, 1024));
  await_bytes(ends[1], 1536);
  SHOW(readv(ends[1], to, 1024));
  int right = 1;
  for (int i = 0; i < 1024; i++) right &= memcmp(in[i], out[i], (size_t)(i % 4)) == 0;
  SHOW(right);
  struct msghdr message = {.msg_iov = from, .msg_iovlen = 1024};
  SHOW(sendmsg(ends[0], &message, 0));
  await_bytes(ends[1], 1536);
  memset(in, 0, sizeof in);
  message.msg_iov = to;
  SHOW(recvmsg(ends[1], &message, MSG_WAITALL));
  for (int i = 0; i < 1024; i++) right &= memcmp(in[i], out[i], (size_t)(i % 4)) == 0;
  SHOW(right);
  message.msg_iovlen = 1025;
  SHOW(sendmsg(ends[0], &message, 0));
  SHOW(recvmsg(ends[1], &message, MSG_DONTWAIT));
  SHOW(writev(ends[0], from, 1025));
  SHOW(readv(ends[1], to, -1));
  message = (struct msghdr){.msg_iov = NULL, .msg_iovlen = 1};
  SHOW(sendmsg(ends[0], &message, 0));
  message.msg_iovlen = 0;
  SHOW(sendmsg(ends[0], &message, 0));
  SHOW(recvmsg(ends[1], &message, MSG_DONTWAIT));
  SHOW(sendmsg(ends[0], NULL, 0));
  SHOW(recvmsg(ends[1], (struct msghdr*)16, 0));
  struct iovec bad[2] = {{out, 2}, {(void*)16, 2}};
  SHOW(writev(ends[0], bad + 1, 1));
  message = (struct msghdr){.msg_iov = bad + 1, .msg_iovlen = 1};
  SHOW(sendmsg(ends[0], &message, 0));
  bad[0].iov_len = (size_t)-1;
  message.msg_iov = bad;
  SHOW(sendmsg(ends[0], &message, 0));
  NEED(send(ends[1], "data", 4, 0) == 4);
  await(ends[0], POLLIN);
  message.msg_iov = bad + 1;
  SHOW(recvmsg(ends[0], &message, 0));
  SHOW(recv(ends[0], in, 4, 0));
}
