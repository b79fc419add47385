// Receiving and sending on sockets that are not connected or that listen: ENOTCONN, EPIPE: recv(2), tcp(7).
#include "net.h"

static void try_all(const char* what, int fd) {
  char byte;
  struct iovec vector = {&byte, 1};
  struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1};
  say("%s\n", what);
  SHOW(recv(fd, &byte, 1, 0));
  SHOW(recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT));
  SHOW(recvmsg(fd, &message, 0));
  SHOW(read(fd, &byte, 1));
  SHOW(readv(fd, &vector, 1));
  SHOW(send(fd, "x", 1, MSG_NOSIGNAL));
  SHOW(send(fd, "x", 1, MSG_NOSIGNAL | MSG_DONTWAIT));
  SHOW(sendmsg(fd, &message, MSG_NOSIGNAL));
  SHOW(write(fd, "x", 1));
  struct sockaddr_in address = loopback(9);
  SHOW(sendto(fd, "x", 1, MSG_NOSIGNAL, ADDRESS(address)));
  SHOW(shutdown(fd, SHUT_WR));
  struct pollfd one = {fd, POLLIN | POLLOUT | POLLRDHUP, 0};
  SHOW(poll(&one, 1, 0));
  say("in %d, out %d, err %d, hup %d, rdhup %d\n", !!(one.revents & POLLIN), !!(one.revents & POLLOUT),
      !!(one.revents & POLLERR), !!(one.revents & POLLHUP), !!(one.revents & POLLRDHUP));
}

CASE {
  signal(SIGPIPE, SIG_IGN);
  try_all("fresh", socket(AF_INET, SOCK_STREAM, 0));
  try_all("bound", bound_socket(SOCK_STREAM));
  try_all("listening", tcp_listener());
}
