// SIGCHLD is not queued: several ends while it is blocked are one signal: signal(7).
// marks: fork
#include "relatives.h"

static volatile int handled;

static void on_child(int number) {
  (void)number;
  handled++;
}

CASE {
  handle(SIGCHLD, on_child, 0);
  block_signal(SIGCHLD);
  pid_t children[5];
  for (int i = 0; i < 5; i++) START(children[i]) _exit(i);
  for (int i = 0; i < 5; i++) await_zombie(children[i]);
  unblock_signal(SIGCHLD);
  SHOW(handled);
  for (int i = 0; i < 5; i++) reap("child", children[i]);
  SHOW(handled);
}
