// A signal sent to a child right after fork reaches it, with the handler it inherited: fork(2).
// marks: fork
#include "relatives.h"

static void on_signal(int number) {
  (void)number;
  _exit(21);
}

CASE {
  handle(SIGUSR1, on_signal, 0);
  int right = 0, killed = 0;
  for (int i = 0; i < 30; i++) {
    pid_t child;
    START(child) for (;;) pause();
    NEED(kill(child, SIGUSR1) == 0);
    right += WEXITSTATUS(ended(child)) == 21;
    START(child) for (;;) pause();
    NEED(kill(child, SIGKILL) == 0);
    killed += WTERMSIG(ended(child)) == SIGKILL;
  }
  SHOW(right);
  SHOW(killed);
}
