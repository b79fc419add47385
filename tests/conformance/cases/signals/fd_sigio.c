// A pipe with O_ASYNC sends the signal of F_SETSIG with its descriptor: fcntl(2).
// pvm-skip: signals of O_ASYNC would need a watcher for each descriptor on the host; F_SETOWN and F_SETSIG are refused
#include "case.h"

static void on_signal(int number, siginfo_t* info, void* context) {
  (void)context;
  say("%s code %d fd %d band %lx\n", signal_name(number), info->si_code, info->si_fd, (long)info->si_band);
}

CASE {
  int ends[2];
  NEED(pipe(ends) == 0);
  handle_info(SIGRTMIN, on_signal, 0);
  SHOW(fcntl(ends[0], F_SETOWN, getpid()));
  CHECK(fcntl(ends[0], F_GETOWN) == getpid());
  SHOW(fcntl(ends[0], F_SETSIG, SIGRTMIN));
  SHOW(fcntl(ends[0], F_SETFL, O_ASYNC | O_NONBLOCK));
  SHOW(write(ends[1], "abc", 3));
  char buffer[8];
  SHOW(read(ends[0], buffer, 8));
  SHOW(write(ends[1], "abc", 3));
}
