// Descriptors passed through a socket, for cases that do so between processes.
#ifndef KX_PASS_H
#define KX_PASS_H

#include <sys/socket.h>

#include "relatives.h"

static KX_UNUSED int last_flags;

// Sends one byte with these descriptors; gives what sendmsg gives.
static KX_UNUSED long pass_descriptors(int socket, const int* fds, int count) {
  union {
    struct cmsghdr header;
    char space[CMSG_SPACE(300 * sizeof(int))];
  } control;
  memset(&control, 0, sizeof control);
  size_t size = (size_t)count * sizeof(int);
  struct iovec vector = {"d", 1};
  struct msghdr message = {
      .msg_iov = &vector, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = CMSG_SPACE(size)};
  control.header.cmsg_level = SOL_SOCKET;
  control.header.cmsg_type = SCM_RIGHTS;
  control.header.cmsg_len = CMSG_LEN(size);
  memcpy(CMSG_DATA(&control.header), fds, size);
  return sendmsg(socket, &message, 0);
}

// Receives one byte and at most `count` descriptors; gives their count, or -1.
static KX_UNUSED int take_descriptors(int socket, int* fds, int count, int flags) {
  union {
    struct cmsghdr header;
    char space[CMSG_SPACE(300 * sizeof(int))];
  } control;
  char byte;
  struct iovec vector = {&byte, 1};
  struct msghdr message = {.msg_iov = &vector,
                           .msg_iovlen = 1,
                           .msg_control = &control,
                           .msg_controllen = CMSG_LEN((size_t)count * sizeof(int))};
  if (recvmsg(socket, &message, flags) == -1) return -1;
  last_flags = message.msg_flags;
  struct cmsghdr* header = CMSG_FIRSTHDR(&message);
  if (!header || header->cmsg_type != SCM_RIGHTS) return 0;
  size_t size = header->cmsg_len - CMSG_LEN(0);
  memcpy(fds, CMSG_DATA(header), size);
  return (int)(size / sizeof(int));
}

#endif
