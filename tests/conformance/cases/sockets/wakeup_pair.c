// A handler writes to a nonblocking pair that poll watches, as event loops of python and node do: signal-safety(7).
// marks: fork
#include <poll.h>
#include <sys/socket.h>

#include "relatives.h"

static int ends[2];

static void on_signal(int number) {
  int saved = errno;
  unsigned char byte = (unsigned char)number;
  if (send(ends[1], &byte, 1, MSG_NOSIGNAL) != 1) _exit(96);
  errno = saved;
}

CASE {
  NEED(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0);
  handle(SIGUSR1, on_signal, 0);
  handle(SIGCHLD, on_signal, SA_RESTART);
  pid_t child, parent = getpid();
  struct gate go = make_gate();
  START(child) {
    for (int i = 0; i < 5; i++) {
      NEED(kill(parent, SIGUSR1) == 0);
      pass_gate(go);
    }
  }
  for (int usr = 0, chld = 0; usr < 5 || chld < 1;) {
    struct pollfd one = {ends[0], POLLIN, 0};
    int result = poll(&one, 1, 60000);
    if (result == -1) {
      NEED(errno == EINTR);
      continue;
    }
    NEED(result == 1);
    unsigned char bytes[16];
    ssize_t got = recv(ends[0], bytes, sizeof bytes, 0);
    NEED(got > 0);
    for (ssize_t i = 0; i < got; i++) {
      say("%s\n", signal_name(bytes[i]));
      if (bytes[i] == SIGUSR1) {
        usr++;
        open_gate(go);
      } else {
        chld++;
      }
    }
  }
  reap("child", child);
}
