// Handlers, flags and ignored signals are inherited; changes are the process's own: sigaction(2).
// marks: fork
#include "relatives.h"

static void on_signal(int number) {
  say("handler: %s\n", signal_name(number));
}

static void show(const char* who, int number) {
  struct sigaction action;
  NEED(sigaction(number, NULL, &action) == 0);
  say("%s: %s %s flags %x, masks SIGINT %d\n", who, signal_name(number),
      action.sa_handler == SIG_DFL   ? "default"
      : action.sa_handler == SIG_IGN ? "ignored"
                                     : "handled",
      (unsigned)action.sa_flags & (SA_RESTART | SA_NODEFER | SA_RESETHAND), sigismember(&action.sa_mask, SIGINT));
}

CASE {
  struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART | SA_RESETHAND};
  sigaddset(&action.sa_mask, SIGINT);
  NEED(sigaction(SIGUSR1, &action, NULL) == 0);
  handle(SIGUSR2, SIG_IGN, 0);
  pid_t child;
  START(child) {
    show("child", SIGUSR1);
    show("child", SIGUSR2);
    show("child", SIGTERM);
    raise(SIGUSR2);
    raise(SIGUSR1);
    show("child", SIGUSR1);
    handle(SIGUSR2, SIG_DFL, 0);
    raise(SIGUSR2);
  }
  reap("child", child);
  show("parent", SIGUSR1);
  show("parent", SIGUSR2);
}
