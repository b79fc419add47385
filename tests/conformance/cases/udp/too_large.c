// The largest datagram goes through, one byte more is EMSGSIZE; sizes of a few KiB and MTU: udp(7).
#include "net.h"

CASE {
  int ends[2];
  udp_pair(ends);
  char *out = malloc(70000), *in = malloc(70000);
  for (int i = 0; i < 70000; i++) out[i] = (char)(i % 127);
  static const int sizes[] = {1471, 1473, 9000, 40000, 65506, 65507};
  for (int i = 0; i < 6; i++) {
    memset(in, 0, 70000);
    NEED(send(ends[0], out, (size_t)sizes[i], 0) == sizes[i]);
    await(ends[1], POLLIN);
    SHOW(recv(ends[1], in, 70000, 0));
    SHOW(memcmp(in, out, (size_t)sizes[i]));
  }
  SHOW(send(ends[0], out, 65508, 0));
  SHOW(send(ends[0], out, 70000, 0));
  SHOW(send(ends[0], out, 10 << 20, 0));
  struct iovec parts[3] = {{out, 30000}, {out, 30000}, {out, 5507}};
  struct msghdr message = {.msg_iov = parts, .msg_iovlen = 3};
  SHOW(sendmsg(ends[0], &message, 0));
  await(ends[1], POLLIN);
  struct iovec rooms[4] = {{in, 1}, {in + 1, 40000}, {in + 40001, 0}, {in + 40001, 29000}};
  message = (struct msghdr){.msg_iov = rooms, .msg_iovlen = 4};
  SHOW(recvmsg(ends[1], &message, 0));
  SHOW(message.msg_flags);
  SHOW(memcmp(in, out, 30000) | memcmp(in + 30000, out, 30000) | memcmp(in + 60000, out, 5507));
  parts[2].iov_len = 5508;
  message = (struct msghdr){.msg_iov = parts, .msg_iovlen = 3};
  SHOW(sendmsg(ends[0], &message, 0));
}
