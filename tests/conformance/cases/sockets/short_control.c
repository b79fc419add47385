// Control buffers of each size from 0 to 40 bytes for one and for two descriptors: what comes, MSG_CTRUNC: cmsg(3).
#include "pass.h"

CASE {
  int ends[2], fds[2] = {0, 0};
  NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
  for (int count = 1; count <= 2; count++)
    for (size_t room = 0; room <= 40; room += 4) {
      NEED(pass_descriptors(ends[0], fds, count) == 1);
      union {
        struct cmsghdr header;
        char space[64];
      } control;
      memset(&control, 0xee, sizeof control);
      char byte;
      struct iovec vector = {&byte, 1};
      struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = room};
      NEED(recvmsg(ends[1], &message, 0) == 1);
      say("%d in %d: %d bytes, cut %d", count, (int)room, (int)message.msg_controllen,
          (message.msg_flags & MSG_CTRUNC) != 0);
      struct cmsghdr* header = CMSG_FIRSTHDR(&message);
      if (header) {
        say(", length %d", (int)header->cmsg_len);
        for (size_t i = 0; CMSG_LEN((i + 1) * 4) <= header->cmsg_len; i++) {
          int fd;
          memcpy(&fd, CMSG_DATA(header) + i * 4, 4);
          say(", good %d", close(fd) == 0);
        }
      }
      say(", untouched %d\n", (unsigned char)control.space[room] == 0xee);
    }
}
