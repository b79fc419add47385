// Signals sent to a stopped child are handled once it goes on, in the order of their numbers: signal(7).
// marks: fork
#include "relatives.h"

static void on_signal(int number) {
  say("child: %s\n", signal_name(number));
}

CASE {
  struct sigaction action = {.sa_handler = on_signal};
  sigfillset(&action.sa_mask);
  NEED(sigaction(SIGUSR1, &action, NULL) == 0 && sigaction(SIGUSR2, &action, NULL) == 0 &&
       sigaction(SIGHUP, &action, NULL) == 0);
  pid_t child;
  START(child) {
    raise(SIGSTOP);
    say("child: goes on\n");
  }
  await_stop(child);
  NEED(kill(child, SIGUSR2) == 0 && kill(child, SIGHUP) == 0 && kill(child, SIGUSR1) == 0);
  nap();
  say("parent: continues it\n");
  NEED(kill(child, SIGCONT) == 0);
  reap("child", child);
}
