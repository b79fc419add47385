// Several control messages in one sendmsg, descriptors with SO_PASSCRED, and reads that stop at them: unix(7).
#include "pass.h"

CASE {
  int ends[2], on = 1, file = file_with("file", "content");
  NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
  union {
    struct cmsghdr header;
    char space[128];
  } control;
  memset(&control, 0, sizeof control);
  struct iovec vector = {"ab", 2};
  struct msghdr message = {
      .msg_iov = &vector, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = 2 * CMSG_SPACE(sizeof(int))};
  struct cmsghdr* part = CMSG_FIRSTHDR(&message);
  for (int i = 0; i < 2; i++, part = CMSG_NXTHDR(&message, part)) {
    *part = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
    memcpy(CMSG_DATA(part), &file, sizeof file);
  }
  SHOW(sendmsg(ends[0], &message, 0));
  SHOW(send(ends[0], "cd", 2, 0));
  SHOW(setsockopt(ends[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof on));
  for (int round = 0; round < 4; round++) {
    char text[16] = "";
    vector = (struct iovec){text, round == 0 ? 1 : 15};
    message.msg_controllen = sizeof control;
    memset(&control, 0, sizeof control);
    long got = recvmsg(ends[1], &message, MSG_DONTWAIT);
    say("%ld %s\n", got, got < 0 ? errno_name(errno) : text);
    if (got < 0) break;
    for (part = CMSG_FIRSTHDR(&message); part; part = CMSG_NXTHDR(&message, part)) {
      say("type %d, length %d", part->cmsg_type, (int)part->cmsg_len);
      if (part->cmsg_type == SCM_RIGHTS) {
        int fds[2] = {-1, -1};
        memcpy(fds, CMSG_DATA(part), part->cmsg_len - CMSG_LEN(0) < 8 ? part->cmsg_len - CMSG_LEN(0) : 8);
        say(", good %d %d", fcntl(fds[0], F_GETFD) != -1, fcntl(fds[1], F_GETFD) != -1);
      } else {
        struct ucred sender;
        memcpy(&sender, CMSG_DATA(part), sizeof sender);
        say(", own uid %d", sender.uid == getuid());
      }
      say("\n");
    }
  }
}
