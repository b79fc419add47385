// accept4 with SOCK_NONBLOCK and SOCK_CLOEXEC, alone and together; other flags are refused: accept4(2).
#include "net.h"

static void flags_of(const char* what, int fd) {
  NEED(fd >= 0);
  say("%s: nonblocking %d, close-on-exec %d\n", what, (fcntl(fd, F_GETFL) & O_NONBLOCK) != 0,
      (fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
  close(fd);
}

CASE {
  int listener = tcp_listener();
  static const int flags[] = {0, SOCK_NONBLOCK, SOCK_CLOEXEC, SOCK_NONBLOCK | SOCK_CLOEXEC};
  for (int i = 0; i < 4; i++) {
    int client = connected_to(listener);
    char what[32];
    snprintf(what, sizeof what, "accept4 %d", i);
    flags_of(what, accept4(listener, NULL, NULL, flags[i]));
    close(client);
  }
  // Neither flag of the listener comes over to what is accepted.
  NEED(fcntl(listener, F_SETFL, O_NONBLOCK) == 0 && fcntl(listener, F_SETFD, FD_CLOEXEC) == 0);
  int client = connected_to(listener);
  await(listener, POLLIN);
  flags_of("of a nonblocking listener", accept(listener, NULL, NULL));
  SHOW(accept4(listener, NULL, NULL, 1));
  SHOW(accept4(listener, NULL, NULL, O_APPEND));
  SHOW(accept4(listener, NULL, NULL, SOCK_CLOEXEC));
  SHOW(accept4(-1, NULL, NULL, 1));
  SHOW(accept4(-1, NULL, NULL, 0));
  close(client);
}
