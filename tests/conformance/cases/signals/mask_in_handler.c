// In a handler its own signal and sa_mask are blocked, SA_NODEFER leaves it open: sigaction(2).
#include "case.h"

static int depth;

static void show_mask(void) {
  sigset_t now;
  NEED(sigprocmask(SIG_SETMASK, NULL, &now) == 0);
  say("  blocked:%s%s%s\n", sigismember(&now, SIGUSR1) ? " USR1" : "", sigismember(&now, SIGUSR2) ? " USR2" : "",
      sigismember(&now, SIGTERM) ? " TERM" : "");
}

static void on_signal(int number) {
  say("enter %s at depth %d\n", signal_name(number), ++depth);
  show_mask();
  if (depth < 3) raise(number);
  say("leave %s at depth %d\n", signal_name(number), depth--);
}

CASE {
  struct sigaction action = {0};
  action.sa_handler = on_signal;
  sigaddset(&action.sa_mask, SIGTERM);
  NEED(sigaction(SIGUSR1, &action, NULL) == 0);
  action.sa_flags = SA_NODEFER;
  NEED(sigaction(SIGUSR2, &action, NULL) == 0);
  show_mask();
  raise(SIGUSR2);
  show_mask();
  depth = 2;
  raise(SIGUSR1);
  show_mask();
}
