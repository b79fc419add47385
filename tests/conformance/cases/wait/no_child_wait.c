// SA_NOCLDWAIT: the handler runs, but no zombie is left: sigaction(2).
// marks: fork
#include "relatives.h"

static volatile int handled;

static void on_child(int number) {
  handled = number;
}

CASE {
  handle(SIGCHLD, on_child, SA_NOCLDWAIT);
  struct gate gate = make_gate();
  pid_t child;
  START(child) {
    pass_gate(gate);
    _exit(1);
  }
  int status;
  SHOW(waitpid(child, &status, WNOHANG));
  open_gate(gate);
  while (waitpid(child, &status, 0) == -1 && errno == EINTR) continue;
  say("%s\n", errno_name(errno));
  while (!handled) nap();
  say("%s\n", signal_name(handled));
  handle(SIGCHLD, on_child, 0);
  START(child) _exit(2);
  reap("child", child);
}
