// A socket with a time limit: a handler ends its calls with EINTR even with SA_RESTART, others go on: signal(7).
// marks: fork
#include <sys/socket.h>
#include <sys/time.h>

#include "relatives.h"

static volatile sig_atomic_t handled;
static void on_signal(int number) {
  (void)number;
  handled++;
}

CASE {
  int ends[2];
  char text[8] = "";
  struct timeval limit = {25, 0}, none = {0, 0};
  NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
  handle(SIGUSR1, on_signal, SA_RESTART);
  pid_t child, parent = getpid();
  // Signals until told to stop, then sends what the parent may wait for.
  NEED(setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == 0);
  START(child) {
    char byte = 0;
    while (recv(ends[1], &byte, 1, MSG_DONTWAIT) != 1) {
      nap();
      NEED(kill(parent, SIGUSR1) == 0);
    }
    for (int i = 0; i < 3; i++) {
      nap();
      NEED(kill(parent, SIGUSR1) == 0);
    }
    NEED(send(ends[1], "data", 4, 0) == 4);
  }
  handled = 0;
  // The end of the child's patience is that of the case: a call that goes on would wait for the time limit.
  SHOW(recv(ends[0], text, 8, 0));
  SHOW(handled > 0);
  SHOW(read(ends[0], text, 8));
  NEED(setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &none, sizeof none) == 0);
  NEED(send(ends[0], "s", 1, 0) == 1);
  SHOW(recv(ends[0], text, 8, 0));
  say("%s\n", text);
  reap("child", child);
}
