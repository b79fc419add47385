// connect and send that wait on a unix socket: EINTR without SA_RESTART, going on with it: signal(7), unix(7).
// marks: fork
#include <sys/socket.h>
#include <sys/un.h>

#include "relatives.h"

static struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "socket"};

static void on_signal(int number) {
  (void)number;
}

// Signals the parent until the child is killed.
static pid_t nuisance(void) {
  pid_t child, parent = getpid();
  START(child) {
    for (;;) {
      nap();
      kill(parent, SIGUSR1);
    }
  }
  return child;
}

CASE {
  int listener = socket(AF_UNIX, SOCK_STREAM, 0), ends[2], fd;
  static char block[65536];
  NEED(bind(listener, (struct sockaddr*)&address, sizeof address) == 0 && listen(listener, 1) == 0);
  do fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
  while (connect(fd, (struct sockaddr*)&address, sizeof address) == 0);
  say("%s\n", errno_name(errno));
  NEED(fcntl(fd, F_SETFL, 0) == 0);
  NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
  handle(SIGUSR1, on_signal, 0);
  pid_t child = nuisance();
  SHOW(connect(fd, (struct sockaddr*)&address, sizeof address));
  long result;
  do result = send(ends[0], block, sizeof block, 0);
  while (result > 0);
  SHOW(result);
  SHOW(recv(ends[0], block, 1, 0));
  SHOW(recv(ends[0], block, 1, MSG_PEEK));
  NEED(kill(child, SIGKILL) == 0);
  reap("child", child);
  handle(SIGUSR1, on_signal, SA_RESTART);
  pid_t parent = getpid();
  START(child) {
    for (int i = 0; i < 5; i++) {
      nap();
      NEED(kill(parent, SIGUSR1) == 0);
    }
    while (accept(listener, NULL, NULL) >= 0 && send(ends[1], "x", 1, 0) == 1) {
      char byte;
      if (recv(fd, &byte, 0, MSG_DONTWAIT) == 0 || errno == EAGAIN) break;
    }
  }
  SHOW(connect(fd, (struct sockaddr*)&address, sizeof address));
  SHOW(recv(ends[0], block, 1, 0));
  reap("child", child);
}
