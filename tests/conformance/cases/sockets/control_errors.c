// Control messages that are wrong: lengths, levels, kinds, huge ones, bad memory; nothing is sent then: unix(7).
#include <sys/socket.h>

#include "case.h"

static int ends[2];

static long try_control(size_t room, size_t length, int level, int type, int value) {
  static union {
    struct cmsghdr header;
    char space[1 << 16];
  } control;
  memset(&control, 0, sizeof control);
  control.header = (struct cmsghdr){.cmsg_len = length, .cmsg_level = level, .cmsg_type = type};
  memcpy(CMSG_DATA(&control.header), &value, sizeof value);
  struct iovec vector = {"x", 1};
  struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = room};
  long result = sendmsg(ends[0], &message, 0);
  int saved = errno;
  char byte;
  if ((result == 1) != (recv(ends[1], &byte, 1, MSG_DONTWAIT) == 1)) say("result and effect differ\n");
  errno = saved;
  return result;
}

CASE {
  NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
  SHOW(try_control(24, 20, SOL_SOCKET, SCM_RIGHTS, 0));
  SHOW(try_control(24, 16, SOL_SOCKET, SCM_RIGHTS, 0));
  SHOW(try_control(24, 15, SOL_SOCKET, SCM_RIGHTS, 0));
  SHOW(try_control(24, 0, SOL_SOCKET, SCM_RIGHTS, 0));
  SHOW(try_control(24, 25, SOL_SOCKET, SCM_RIGHTS, 0));
  SHOW(try_control(24, (size_t)-1, SOL_SOCKET, SCM_RIGHTS, 0));
  SHOW(try_control(20, 20, SOL_SOCKET, SCM_RIGHTS, 0));
  SHOW(try_control(15, 20, SOL_SOCKET, SCM_RIGHTS, 0));
  SHOW(try_control(24, 22, SOL_SOCKET, SCM_RIGHTS, 0));
  SHOW(try_control(24, 20, SOL_SOCKET, SCM_RIGHTS, -1));
  SHOW(try_control(24, 20, SOL_SOCKET, SCM_RIGHTS, 1000));
  SHOW(try_control(24, 20, SOL_SOCKET, 77, 0));
  SHOW(try_control(24, 20, 6, SCM_RIGHTS, 0));
  SHOW(try_control(24, 20, SOL_SOCKET, SCM_CREDENTIALS, 0));
  struct iovec vector = {"x", 1};
  struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1, .msg_control = (void*)16, .msg_controllen = 24};
  SHOW(sendmsg(ends[0], &message, 0));
  message.msg_control = NULL;
  SHOW(sendmsg(ends[0], &message, 0));
  message.msg_control = (void*)16;
  message.msg_controllen = 0;
  SHOW(sendmsg(ends[0], &message, 0));
  message.msg_control = &vector;
  message.msg_controllen = 1UL << 31;
  SHOW(sendmsg(ends[0], &message, 0));
}
