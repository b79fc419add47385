// The signal mask is inherited, also from within a handler; changes are the process's own: sigprocmask(2).
// marks: fork
#include "relatives.h"

static void show(const char* who) {
  sigset_t mask;
  NEED(sigprocmask(SIG_BLOCK, NULL, &mask) == 0);
  say("%s:", who);
  for (int i = 1; i < 32; i++)
    if (sigismember(&mask, i)) say(" %s", signal_name(i));
  say("\n");
}

static void on_signal(int number) {
  (void)number;
  pid_t child;
  START(child) show("child of the handler");
  reap("child of the handler", child);
}

CASE {
  block_signal(SIGUSR2);
  block_signal(SIGTERM);
  pid_t child;
  START(child) {
    show("child");
    block_signal(SIGHUP);
    unblock_signal(SIGTERM);
    show("child");
  }
  reap("child", child);
  show("parent");
  handle(SIGUSR1, on_signal, 0);
  raise(SIGUSR1);
}
