// SO_RCVTIMEO limits accept, SO_SNDTIMEO limits connect to a full backlog: socket(7).
#include "net.h"

CASE {
  int listener = tcp_listener();
  struct timeval limit = {0, 60000};
  NEED(setsockopt(listener, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == 0);
  SHOW(accept(listener, NULL, NULL));
  SHOW(accept4(listener, NULL, NULL, SOCK_CLOEXEC));
  int client = connected_to(listener);
  await(listener, POLLIN);
  STATUS(accept(listener, NULL, NULL));
  // What is accepted has no limit of its own.
  int other = connected_to(listener);
  await(listener, POLLIN);
  int fd = accept(listener, NULL, NULL);
  struct timeval got = {9, 9};
  socklen_t size = sizeof got;
  NEED(getsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &got, &size) == 0);
  say("limited: %d\n", got.tv_sec != 0 || got.tv_usec != 0);
  close(client);
  close(other);
  // A backlog of none holds one or two connections; the next attempt finds no answer.
  int narrow = bound_socket(SOCK_STREAM);
  NEED(listen(narrow, 0) == 0);
  struct sockaddr_in address = name_of(narrow);
  int failed = 0;
  for (int i = 0; i < 4 && !failed; i++) {
    int more = socket(AF_INET, SOCK_STREAM, 0);
    NEED(setsockopt(more, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) == 0);
    failed = connect(more, ADDRESS(address)) == -1 ? errno : 0;
  }
  say("%s\n", errno_name(failed));
}
