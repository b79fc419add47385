// SA_RESETHAND puts the default action back before the handler runs: sigaction(2).
#include "case.h"

static void on_signal(int number) {
  struct sigaction now;
  NEED(sigaction(number, NULL, &now) == 0);
  say("got %s, default again: %d\n", signal_name(number), now.sa_handler == SIG_DFL);
}

CASE {
  handle(SIGUSR1, on_signal, (int)SA_RESETHAND);
  SHOW(raise(SIGUSR1));
  say("the second one ends the program\n");
  raise(SIGUSR1);
  say("not reached\n");
}
