// A descriptor sent through a socket to oneself names the same open file: unix(7).
#include <sys/socket.h>

#include "case.h"

CASE {
  int ends[2], fd = file_with("file", "0123456789");
  NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
  union {
    struct cmsghdr header;
    char space[CMSG_SPACE(sizeof(int))];
  } control = {0};
  char byte = 'x';
  struct iovec vector = {&byte, 1};
  struct msghdr message = {
      .msg_iov = &vector, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
  control.header.cmsg_level = SOL_SOCKET;
  control.header.cmsg_type = SCM_RIGHTS;
  control.header.cmsg_len = CMSG_LEN(sizeof(int));
  memcpy(CMSG_DATA(&control.header), &fd, sizeof fd);
  SHOW(sendmsg(ends[0], &message, 0));
  memset(&control, 0, sizeof control);
  SHOW(recvmsg(ends[1], &message, MSG_CMSG_CLOEXEC));
  int received;
  memcpy(&received, CMSG_DATA(&control.header), sizeof received);
  SHOW(received);
  SHOW(fcntl(received, F_GETFD));
  char text[4] = "";
  SHOW(read(received, text, 3));
  SHOW(lseek(fd, 0, SEEK_CUR));
}
