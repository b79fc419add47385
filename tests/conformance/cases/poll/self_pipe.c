// The self-pipe of old event loops: a handler writes a byte, select wakes, children are collected: select(2), pipe(7).
// marks: fork
#include <sys/select.h>

#include "readiness.h"

static int ends[2];

static void on_child(int number) {
  (void)number;
  int saved = errno;
  if (write(ends[1], "c", 1) != 1) NEED(errno == EAGAIN);
  errno = saved;
}

CASE {
  make_pipe(ends);
  set_nonblocking(ends[0]);
  set_nonblocking(ends[1]);
  handle(SIGCHLD, on_child, SA_RESTART | SA_NOCLDSTOP);
  int codes[5] = {0}, ended_count = 0;
  for (int i = 0; i < 5; i++) {
    pid_t child = must_fork();
    if (child == 0) _exit(i);
  }
  while (ended_count < 5) {
    fd_set in;
    FD_ZERO(&in);
    FD_SET(ends[0], &in);
    int count = select(ends[0] + 1, &in, NULL, NULL, &(struct timeval){60, 0});
    if (count < 0 && errno == EINTR) continue;
    NEED(count == 1 && FD_ISSET(ends[0], &in));
    NEED(drain(ends[0]) > 0);
    int status;
    while (waitpid(-1, &status, WNOHANG) > 0) {
      codes[WEXITSTATUS(status)]++;
      ended_count++;
    }
  }
  for (int i = 0; i < 5; i++) say("exit %d: %d\n", i, codes[i]);
}
