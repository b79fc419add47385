// A connect that does not block and is refused: EINPROGRESS, then POLLERR and SO_ERROR, which is told once: connect(2).
#include "net.h"

CASE {
  struct sockaddr_in nobody = name_of(bound_socket(SOCK_STREAM));
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  errno = 0;
  int result = connect(fd, ADDRESS(nobody));
  // On loopback the refusal may be there before the call returns.
  say("%d\n", result == -1 && (errno == EINPROGRESS || errno == ECONNREFUSED));
  if (errno == EINPROGRESS) {
    await(fd, POLLOUT);
    struct pollfd one = {fd, POLLIN | POLLOUT, 0};
    NEED(poll(&one, 1, 0) == 1);
    say("err %d, hup %d\n", (one.revents & POLLERR) != 0, (one.revents & POLLHUP) != 0);
    say("%s\n", errno_name(option_of(fd, SOL_SOCKET, SO_ERROR)));
  } else {
    say("err 1, hup 1\nECONNREFUSED\n");
  }
  SHOW(option_of(fd, SOL_SOCKET, SO_ERROR));
  char byte;
  SHOW(recv(fd, &byte, 1, 0));
  SHOW(send(fd, "x", 1, MSG_NOSIGNAL));
}
