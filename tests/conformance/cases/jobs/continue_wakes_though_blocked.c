// SIGCONT continues a process even if it blocks or ignores it; its handler runs when unblocked: signal(7).
// marks: fork
#include "relatives.h"

static volatile int handled;

static void on_signal(int number) {
  handled = number;
}

CASE {
  pid_t child;
  for (int kind = 0; kind < 3; kind++) {
    START(child) {
      if (kind == 0) block_signal(SIGCONT);
      handle(SIGCONT, kind == 1 ? SIG_IGN : on_signal, 0);
      raise(SIGSTOP);
      say("kind %d: handled %d", kind, handled != 0);
      if (kind == 0) unblock_signal(SIGCONT);
      say(", then %d\n", handled != 0);
    }
    await_stop(child);
    NEED(kill(child, SIGCONT) == 0);
    reap("child", child);
  }
}
