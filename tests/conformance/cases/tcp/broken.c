// Sending to who is gone: the first send may pass, later ones raise SIGPIPE or give EPIPE: send(2), tcp(7).
// marks: fork
#include "net.h"

static volatile sig_atomic_t pipes;
static void on_pipe(int number) {
  (void)number;
  pipes++;
}

static void break_pair(int ends[2]) {
  tcp_pair(ends);
  NEED(close(ends[0]) == 0);
  await(ends[1], POLLIN);
  NEED(send(ends[1], "first", 5, 0) == 5);  // answered by a reset
  await(ends[1], POLLERR | POLLHUP);
}

CASE {
  int ends[2];
  pid_t child;
  START(child) {
    break_pair(ends);
    SHOW(send(ends[1], "x", 1, MSG_NOSIGNAL));
    send(ends[1], "x", 1, 0);
    say("not reached\n");
  }
  reap("without a handler", child);
  handle(SIGPIPE, on_pipe, 0);
  break_pair(ends);
  SHOW(send(ends[1], "x", 1, MSG_NOSIGNAL));
  SHOW(pipes);
  SHOW(send(ends[1], "x", 1, 0));
  SHOW(pipes);
  SHOW(write(ends[1], "x", 1));
  SHOW(pipes);
  struct iovec vector = {"x", 1};
  SHOW(writev(ends[1], &vector, 1));
  SHOW(pipes);
  struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1};
  SHOW(sendmsg(ends[1], &message, 0));
  SHOW(pipes);
  SHOW(send(ends[1], "", 0, 0));
  SHOW(pipes);
}
