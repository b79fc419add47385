// Two sockets on one UDP port by SO_REUSEADDR or SO_REUSEPORT; a child gets its part of an inherited one: socket(7).
// marks: fork
#include "net.h"

CASE {
  int first = socket(AF_INET, SOCK_DGRAM, 0), second = socket(AF_INET, SOCK_DGRAM, 0);
  struct sockaddr_in address = loopback(0);
  NEED(bind(first, ADDRESS(address)) == 0);
  address = name_of(first);
  SHOW(bind(second, ADDRESS(address)));
  NEED(set_option(first, SOL_SOCKET, SO_REUSEADDR, 1) == 0 && set_option(second, SOL_SOCKET, SO_REUSEADDR, 1) == 0);
  SHOW(bind(second, ADDRESS(address)));
  SHOW(name_of(second).sin_port == address.sin_port);
  int fd = bound_socket(SOCK_DGRAM);
  address = name_of(fd);
  struct gate taken = make_gate();
  pid_t child;
  START(child) {
    char text[8] = "";
    struct sockaddr_in from;
    socklen_t size = sizeof from;
    SHOW(recvfrom(fd, text, 8, 0, (struct sockaddr*)&from, &size));
    say("child: %s\n", text);
    SHOW(sendto(fd, "answer", 6, 0, ADDRESS(from)));
    open_gate(taken);
  }
  int client = bound_socket(SOCK_DGRAM);
  NEED(sendto(client, "one", 3, 0, ADDRESS(address)) == 3);
  pass_gate(taken);
  char text[8] = "";
  await(client, POLLIN);
  SHOW(recv(client, text, 8, 0));
  say("%s\n", text);
  reap("child", child);
  NEED(sendto(client, "two", 3, 0, ADDRESS(address)) == 3);
  await(fd, POLLIN);
  SHOW(recv(fd, text, 8, 0));
}
