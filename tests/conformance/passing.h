// Descriptors that are sent over a UNIX socket: SCM_RIGHTS of unix(7).
#ifndef KX_PASSING_H
#define KX_PASSING_H

#include <sys/socket.h>
#include <sys/uio.h>

#include "case.h"

static KX_UNUSED void send_fd(int through, int fd) {
  char byte = 'f', room[CMSG_SPACE(sizeof fd)] = {0};
  struct iovec part = {&byte, 1};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room};
  struct cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof fd);
  memcpy(CMSG_DATA(header), &fd, sizeof fd);
  NEED(sendmsg(through, &message, 0) == 1);
}

static KX_UNUSED int receive_fd(int through) {
  int fd = -1;
  char byte, room[CMSG_SPACE(sizeof fd)];
  struct iovec part = {&byte, 1};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room};
  NEED(recvmsg(through, &message, 0) == 1 && CMSG_FIRSTHDR(&message) != NULL);
  memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof fd);
  return fd;
}

#endif
