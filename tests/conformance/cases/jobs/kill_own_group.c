// kill with 0 reaches the caller and all in its group: kill(2).
// marks: fork
#include "relatives.h"

static volatile int handled;

static void on_signal(int number) {
  handled = number;
}

CASE {
  handle(SIGUSR1, on_signal, 0);
  pid_t leader;
  START(leader) {
    NEED(setpgid(0, 0) == 0);
    block_signal(SIGUSR1);
    sigset_t none;
    sigemptyset(&none);
    pid_t members[3];
    for (int i = 0; i < 3; i++) START(members[i]) {
        while (!handled) sigsuspend(&none);
        _exit(handled == SIGUSR1);
      }
    SHOW(kill(0, SIGUSR1));
    unblock_signal(SIGUSR1);
    int sum = 0;
    for (int i = 0; i < 3; i++) sum += WEXITSTATUS(ended(members[i]));
    say("members %d, itself %s\n", sum, signal_name(handled));
  }
  reap("leader", leader);
  SHOW(handled);
}
