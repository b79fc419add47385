// A pidfd sent to a relative through a socket still stands for the process: unix(7), pidfd_open(2).
// marks: fork
#include <poll.h>
#include <sys/pidfd.h>
#include <sys/socket.h>

#include "passing.h"
#include "relatives.h"

CASE {
  int ends[2];
  NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
  pid_t receiver, killed;
  START(receiver) {
    int fd = receive_fd(ends[1]);
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
  send_fd(ends[0], fd);
  NEED(close(fd) == 0);
  reap("receiver", receiver);
  reap("killed", killed);
}
