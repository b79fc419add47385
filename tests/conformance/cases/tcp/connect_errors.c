// What connect refuses: sizes, families, bad memory, connected and listening sockets, no sockets: connect(2).
#include "net.h"

CASE {
  int listener = tcp_listener(), fd = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in address = name_of(listener), wrong = address;
  SHOW(connect(fd, (struct sockaddr*)&address, 0));
  SHOW(connect(fd, (struct sockaddr*)&address, 1));
  SHOW(connect(fd, (struct sockaddr*)&address, 8));
  SHOW(connect(fd, (struct sockaddr*)&address, 129));
  SHOW(connect(fd, (struct sockaddr*)&address, (socklen_t)-1));
  SHOW(connect(fd, NULL, sizeof address));
  SHOW(connect(fd, (struct sockaddr*)8, sizeof address));
  wrong.sin_family = AF_UNIX;
  SHOW(connect(fd, ADDRESS(wrong)));
  wrong.sin_family = 77;
  SHOW(connect(fd, ADDRESS(wrong)));
  SHOW(connect(99, ADDRESS(address)));
  SHOW(connect(STDOUT_FILENO, ADDRESS(address)));
  SHOW(connect(listener, ADDRESS(address)));
  SHOW(connect(fd, ADDRESS(address)));
  SHOW(connect(fd, ADDRESS(address)));
  wrong = loopback(1);
  SHOW(connect(fd, ADDRESS(wrong)));
  SHOW(listen(fd, 1));
  // AF_UNSPEC takes the connection apart; the socket can then be used anew.
  struct sockaddr none = {.sa_family = AF_UNSPEC};
  SHOW(connect(fd, &none, sizeof none));
  char byte;
  SHOW(recv(fd, &byte, 1, MSG_DONTWAIT));
  SHOW(connect(fd, ADDRESS(address)));
  SHOW(send(fd, "x", 1, 0));
}
