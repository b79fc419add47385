// Signals that a mask of ppoll or pselect lets in run before the call ends; others stay pending; ready counts more.
// As poll(2) says: the handler runs with the mask of the wait.
#include <sys/select.h>

#include "readiness.h"

static void on_signal(int number) {
  sigset_t now;
  NEED(sigprocmask(SIG_BLOCK, NULL, &now) == 0);
  say("%s, USR1 %d USR2 %d TERM %d\n", signal_name(number), sigismember(&now, SIGUSR1), sigismember(&now, SIGUSR2),
      sigismember(&now, SIGTERM));
}

CASE {
  int ends[2];
  sigset_t mask, empty, pending;
  make_pipe(ends);
  sigemptyset(&empty);
  struct pollfd entry = {ends[0], POLLIN, 0};
  handle(SIGUSR1, on_signal, 0);
  handle(SIGUSR2, on_signal, 0);
  block_signal(SIGUSR1);
  block_signal(SIGUSR2);
  raise(SIGUSR1);
  raise(SIGUSR2);
  mask = set_of(SIGUSR2);
  sigaddset(&mask, SIGTERM);
  SHOW(ppoll(&entry, 1, NULL, &mask));
  NEED(sigpending(&pending) == 0);
  say("pending: USR1 %d USR2 %d\n", sigismember(&pending, SIGUSR1), sigismember(&pending, SIGUSR2));
  must_write(ends[1], "x");
  SHOW(ppoll(&entry, 1, NULL, &empty));
  NEED(sigpending(&pending) == 0);
  say("pending: USR1 %d USR2 %d\n", sigismember(&pending, SIGUSR1), sigismember(&pending, SIGUSR2));
  fd_set set;
  FD_ZERO(&set);
  FD_SET(ends[0], &set);
  SHOW(pselect(ends[0] + 1, &set, NULL, NULL, NULL, &empty));
  char byte;
  NEED(read(ends[0], &byte, 1) == 1);
  SHOW(pselect(ends[0] + 1, &set, NULL, NULL, NULL, &empty));
  CHECK(FD_ISSET(ends[0], &set));
}
