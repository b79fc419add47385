// A SIGCHLD handler that loops over waitpid misses no child: sigaction(2).
// marks: fork
#include "relatives.h"

static volatile int reaped, sum;

static void on_child(int number) {
  (void)number;
  int status, saved = errno;
  while (waitpid(-1, &status, WNOHANG) > 0) {
    reaped++;
    sum += WEXITSTATUS(status);
  }
  errno = saved;
}

CASE {
  sigset_t old;
  handle(SIGCHLD, on_child, 0);
  for (int i = 1; i <= 20; i++) {
    pid_t child = fork();
    if (child == 0) _exit(i);
    NEED(child > 0);
  }
  block_signal(SIGCHLD);
  sigemptyset(&old);
  while (reaped < 20) sigsuspend(&old);
  SHOW(sum);
  SHOW(wait(NULL));
}
