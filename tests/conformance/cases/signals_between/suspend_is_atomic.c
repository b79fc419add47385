// sigsuspend misses no signal that comes between the check and the wait: sigsuspend(2).
// marks: fork
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
  struct gate gate = make_gate();
  pid_t parent = getpid(), child;
  START(child) for (int i = 0; i < 60; i++) {
    NEED(kill(parent, SIGUSR1) == 0);
    pass_gate(gate);
  }
  for (int i = 1; i <= 60; i++) {
    while (count < i) sigsuspend(&none);
    open_gate(gate);
  }
  SHOW(count);
  reap("child", child);
}
