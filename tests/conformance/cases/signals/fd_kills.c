// F_SETSIG takes any signal, the deadly and the stopping one too: fcntl(2).
#define _GNU_SOURCE
#include <fcntl.h>

#include "relatives.h"

static pid_t watcher(int fd, int signal) {
  struct gate ready = make_gate();
  pid_t pid;
  START(pid) {
    NEED(fcntl(fd, F_SETSIG, signal) == 0 && fcntl(fd, F_SETOWN, getpid()) == 0);
    NEED(fcntl(fd, F_SETFL, O_ASYNC) == 0);
    open_gate(ready);
    for (;;) pause();
  }
  pass_gate(ready);
  return pid;
}

CASE {
  int ends[2];
  NEED(pipe(ends) == 0);
  pid_t pid = watcher(ends[0], SIGKILL);
  SHOW(write(ends[1], "x", 1));
  reap("watcher", pid);
  pid = watcher(ends[0], SIGSTOP);
  SHOW(write(ends[1], "x", 1));
  await_stop(pid);
  NEED(fcntl(ends[0], F_SETSIG, SIGCONT) == 0);
  SHOW(write(ends[1], "x", 1));
  int status = 0;
  NEED(waitpid(pid, &status, WCONTINUED) == pid);
  say_status("watcher", status);
  NEED(kill(pid, SIGKILL) == 0);
  reap("watcher", pid);
}
