// MSG_ZEROCOPY: not without SO_ZEROCOPY's effect, and with it the data is whole and completion is told: socket(7).
#include <time.h>
// The header of the queue needs struct timespec.
#include <linux/errqueue.h>

#include "net.h"

CASE {
  int ends[2];
  tcp_pair(ends);
  SHOW(option_of(ends[0], SOL_SOCKET, SO_ZEROCOPY));
  SHOW(set_option(ends[0], SOL_SOCKET, SO_ZEROCOPY, 1));
  SHOW(option_of(ends[0], SOL_SOCKET, SO_ZEROCOPY));
  SHOW(set_option(ends[0], SOL_SOCKET, SO_ZEROCOPY, 2));
  static char out[30000], in[30000];
  for (int i = 0; i < 30000; i++) out[i] = (char)(i % 113);
  SHOW(send(ends[0], out, sizeof out, MSG_ZEROCOPY));
  SHOW(recv(ends[1], in, sizeof in, MSG_WAITALL));
  SHOW(memcmp(in, out, sizeof in));
  await(ends[0], POLLERR);
  char space[256], byte;
  struct iovec vector = {&byte, 1};
  struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1, .msg_control = space, .msg_controllen = sizeof space};
  SHOW(recvmsg(ends[0], &message, MSG_ERRQUEUE));
  struct cmsghdr* part = CMSG_FIRSTHDR(&message);
  NEED(part);
  struct sock_extended_err error;
  memcpy(&error, CMSG_DATA(part), sizeof error);
  say("level %d, type %d, origin %d, from %u to %u\n", part->cmsg_level, part->cmsg_type, error.ee_origin,
      error.ee_info, error.ee_data);
}
