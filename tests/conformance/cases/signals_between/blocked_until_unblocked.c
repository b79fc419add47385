// A blocked signal stays pending in the child, is seen by sigpending, and comes at sigprocmask: sigprocmask(2).
// marks: fork
#include "relatives.h"

static void on_signal(int number) {
  say("child: %s\n", signal_name(number));
}

CASE {
  handle(SIGUSR1, on_signal, 0);
  handle(SIGUSR2, on_signal, 0);
  block_signal(SIGUSR1);
  block_signal(SIGUSR2);
  struct gate gate = make_gate();
  pid_t child;
  START(child) {
    pass_gate(gate);
    sigset_t set;
    NEED(sigpending(&set) == 0);
    say("child: pending %d %d\n", sigismember(&set, SIGUSR1), sigismember(&set, SIGUSR2));
    unblock_signal(SIGUSR2);
    say("child: between\n");
    unblock_signal(SIGUSR1);
  }
  NEED(kill(child, SIGUSR1) == 0 && kill(child, SIGUSR2) == 0);
  open_gate(gate);
  reap("child", child);
}
