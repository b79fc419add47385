// A pidfd sent to a relative through a socket still stands for the process: unix(7), pidfd_open(2).
// marks: fork
#include <poll.h>
#include <sys/pidfd.h>
#include <sys/socket.h>

#include "relatives.h"

union control {
  struct cmsghdr header;
  char space[CMSG_SPACE(sizeof(int))];
};

static struct msghdr message_of(union control* control, struct iovec* vector) {
  return (struct msghdr){.msg_iov = vector, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof *control};
}

static void send_descriptor(int to, int fd) {
  union control control = {.header = {CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS}};
  char byte = 'x';
  struct iovec vector = {&byte, 1};
  struct msghdr message = message_of(&control, &vector);
  memcpy(CMSG_DATA(&control.header), &fd, sizeof fd);
  NEED(sendmsg(to, &message, 0) == 1);
}

static int receive_descriptor(int from) {
  union control control = {0};
  char byte;
  int fd;
  struct iovec vector = {&byte, 1};
  struct msghdr message = message_of(&control, &vector);
  NEED(recvmsg(from, &message, 0) == 1);
  memcpy(&fd, CMSG_DATA(&control.header), sizeof fd);
  return fd;
}

CASE {
  int ends[2];
  NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
  pid_t receiver, killed;
  START(receiver) {
    int fd = receive_descriptor(ends[1]);
    struct pollfd poller = {fd, POLLIN, 0};
    char byte;
    SHOW(fcntl(fd, F_GETFL));
    SHOW(poll(&poller, 1, 0));
    SHOW(read(fd, &byte, 1));
    siginfo_t info;
    SHOW(waitid(P_PIDFD, (id_t)fd, &info, WEXITED));
    SHOW(pidfd_send_signal(fd, SIGKILL, NULL, 0));
    SHOW(poll(&poller, 1, -1));
  }
  START(killed) for (;;) pause();
  int fd = pidfd_open(killed, PIDFD_NONBLOCK);
  NEED(fd >= 0);
  send_descriptor(ends[0], fd);
  NEED(close(fd) == 0);
  reap("receiver", receiver);
  reap("killed", killed);
}
