// SO_PASSCRED gives number and identity of the sender, who may not claim others: unix(7).
// marks: fork
#include <sys/socket.h>

#include "relatives.h"

static struct ucred taken;

static int take(int fd) {
  char byte, space[CMSG_SPACE(sizeof(struct ucred))];
  struct iovec vector = {&byte, 1};
  struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1, .msg_control = space, .msg_controllen = sizeof space};
  NEED(recvmsg(fd, &message, 0) == 1);
  struct cmsghdr* header = CMSG_FIRSTHDR(&message);
  if (!header || header->cmsg_type != SCM_CREDENTIALS) return 0;
  memcpy(&taken, CMSG_DATA(header), sizeof taken);
  return 1;
}

CASE {
  int ends[2], on = 1;
  NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
  NEED(setsockopt(ends[0], SOL_SOCKET, SO_PASSCRED, &on, sizeof on) == 0);
  pid_t child;
  for (int explicit = 0; explicit < 2; explicit ++) {
    START(child) {
      union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(struct ucred))];
      } control = {0};
      struct ucred own = {getpid(), getuid(), getgid()};
      struct iovec vector = {"x", 1};
      struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1};
      if (explicit) {
        message.msg_control = &control;
        message.msg_controllen = sizeof control;
        control.header.cmsg_level = SOL_SOCKET;
        control.header.cmsg_type = SCM_CREDENTIALS;
        control.header.cmsg_len = CMSG_LEN(sizeof own);
        memcpy(CMSG_DATA(&control.header), &own, sizeof own);
      }
      NEED(sendmsg(ends[1], &message, 0) == 1);
    }
    SHOW(take(ends[0]));
    reap("child", child);
    say("pid %d, uid %d, gid %d\n", taken.pid == child, taken.uid == getuid(), taken.gid == getgid());
  }
}
