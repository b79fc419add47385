// Several pending signals are delivered with the lowest number on top of the frames: signal(7).
#include "case.h"

static void on_signal(int number) {
  say("run %s\n", signal_name(number));
}

CASE {
  static const int numbers[] = {SIGTERM, SIGUSR2, SIGHUP, SIGUSR1};
  sigset_t set, old;
  sigfillset(&set);
  for (int i = 0; i < 4; i++) handle(numbers[i], on_signal, 0);
  NEED(sigprocmask(SIG_SETMASK, &set, &old) == 0);
  for (int i = 0; i < 4; i++) raise(numbers[i]);
  SHOW(sigprocmask(SIG_SETMASK, &old, NULL));
}
