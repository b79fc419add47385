// A pipe with O_ASYNC sends the signal of F_SETSIG with its descriptor: fcntl(2).
#include "case.h"

static void await_signal(const sigset_t* set) {
  siginfo_t info;
  const int number = sigtimedwait(set, &info, &(struct timespec){10, 0});
  if (number < 0)
    say("none: %s\n", errno_name(errno));
  else
    say("%s code %d fd %d band %lx\n", signal_name(number), info.si_code, info.si_fd, (long)info.si_band);
}

CASE {
  int ends[2];
  sigset_t set;
  NEED(pipe(ends) == 0);
  sigemptyset(&set);
  sigaddset(&set, SIGRTMIN);
  sigaddset(&set, SIGIO);
  NEED(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
  SHOW(fcntl(ends[0], F_SETOWN, getpid()));
  CHECK(fcntl(ends[0], F_GETOWN) == getpid());
  SHOW(fcntl(ends[0], F_SETSIG, SIGRTMIN));
  CHECK(fcntl(ends[0], F_GETSIG) == SIGRTMIN);
  SHOW(fcntl(ends[0], F_SETFL, O_ASYNC | O_NONBLOCK));
  SHOW(write(ends[1], "abc", 3));
  await_signal(&set);
  char buffer[8];
  SHOW(read(ends[0], buffer, 8));
  SHOW(write(ends[1], "abc", 3));
  await_signal(&set);
  SHOW(close(ends[1]));
  await_signal(&set);
  SHOW(fcntl(ends[0], F_SETFL, O_NONBLOCK));
  SHOW(sigtimedwait(&set, NULL, &(struct timespec){0, 1000000}));
}
