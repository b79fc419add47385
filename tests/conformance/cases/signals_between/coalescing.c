// Standard signals that are pending already are dropped, real-time ones are queued: signal(7).
// marks: fork
#include "relatives.h"

static volatile int standard, realtime;

static void on_signal(int number) {
  *(number == SIGUSR1 ? &standard : &realtime) += 1;
}

CASE {
  handle(SIGUSR1, on_signal, 0);
  handle(SIGRTMIN, on_signal, 0);
  block_signal(SIGUSR1);
  block_signal(SIGRTMIN);
  struct gate gate = make_gate();
  pid_t child;
  START(child) {
    pass_gate(gate);
    unblock_signal(SIGUSR1);
    unblock_signal(SIGRTMIN);
    say("standard %d, real-time %d\n", standard, realtime);
  }
  for (int i = 0; i < 10; i++) NEED(kill(child, SIGUSR1) == 0 && kill(child, SIGRTMIN) == 0);
  open_gate(gate);
  reap("child", child);
}
