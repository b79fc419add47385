// SO_TIMESTAMPNS gives the time of arrival, SIOCGSTAMP that of the last datagram, ENOENT before any: socket(7).
#include <linux/sockios.h>
#include <time.h>

#include "net.h"

CASE {
  int ends[2];
  udp_pair(ends);
  struct timeval last;
  SHOW(ioctl(ends[1], SIOCGSTAMP, &last));
  SHOW(set_option(ends[1], SOL_SOCKET, SO_TIMESTAMPNS, 1));
  SHOW(option_of(ends[1], SOL_SOCKET, SO_TIMESTAMPNS));
  SHOW(option_of(ends[1], SOL_SOCKET, SO_TIMESTAMP));
  struct timespec before, after, stamp = {0, 0};
  clock_gettime(CLOCK_REALTIME, &before);
  NEED(send(ends[0], "x", 1, 0) == 1);
  await(ends[1], POLLIN);
  char byte;
  union {
    struct cmsghdr header;
    char space[128];
  } control;
  struct iovec vector = {&byte, 1};
  struct msghdr message = {
      .msg_iov = &vector, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
  SHOW(recvmsg(ends[1], &message, 0));
  clock_gettime(CLOCK_REALTIME, &after);
  struct cmsghdr* part = CMSG_FIRSTHDR(&message);
  NEED(part && part->cmsg_type == SCM_TIMESTAMPNS && part->cmsg_len == CMSG_LEN(sizeof stamp));
  memcpy(&stamp, CMSG_DATA(part), sizeof stamp);
  // The clocks of the kernel and of the program may differ by a little.
  CHECK(stamp.tv_sec >= before.tv_sec - 1 && stamp.tv_sec <= after.tv_sec + 1);
  SHOW(CMSG_NXTHDR(&message, part) == NULL);
}
