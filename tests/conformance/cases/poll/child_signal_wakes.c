// The classic server's wait: SIGCHLD is blocked but for the time of ppoll or pselect, and no child is missed:
// select(2). marks: fork
#include <sys/select.h>

#include "readiness.h"

static volatile sig_atomic_t caught;

static void on_child(int number) {
  (void)number;
  caught++;
}

CASE {
  sigset_t open_mask;
  int ends[2];
  handle(SIGCHLD, on_child, SA_RESTART);
  NEED(sigprocmask(SIG_BLOCK, NULL, &open_mask) == 0);
  block_signal(SIGCHLD);
  make_pipe(ends);
  for (int i = 0; i < 6; i++) {
    struct pollfd entry = {ends[0], POLLIN, 0};
    fd_set in;
    FD_ZERO(&in);
    FD_SET(ends[0], &in);
    pid_t child = must_fork();
    if (child == 0) _exit(i);
    if (i % 2) await_zombie(child);
    int before = caught;
    int count = i % 3 == 0 ? ppoll(&entry, 1, NULL, &open_mask)
                           : pselect(ends[0] + 1, &in, NULL, NULL, &(struct timespec){60, 0}, &open_mask);
    say("%d %s, caught %d\n", count, errno_name(errno), caught - before);
    reap("child", child);
  }
}
