// A hundred signals to and fro, each waited for: sigsuspend(2).
// marks: fork, lane
#include "relatives.h"

static volatile int count;

static void on_signal(int number) {
  (void)number;
  count++;
}

CASE {
  handle(SIGUSR1, on_signal, 0);
  block_signal(SIGUSR1);
  sigset_t none;
  sigemptyset(&none);
  pid_t parent = getpid(), child;
  START(child) {
    for (int i = 1; i <= 100; i++) {
      while (count < i) sigsuspend(&none);
      NEED(kill(parent, SIGUSR1) == 0);
    }
    _exit(count);
  }
  for (int i = 1; i <= 100; i++) {
    NEED(kill(child, SIGUSR1) == 0);
    while (count < i) sigsuspend(&none);
  }
  SHOW(count);
  reap("child", child);
}
