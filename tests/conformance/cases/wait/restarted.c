// wait goes on after a handler with SA_RESTART: wait(2), signal(7).
// marks: fork
#include "relatives.h"

static volatile int handled;

static void on_signal(int number) {
  handled = number;
}

CASE {
  pid_t parent = getpid(), child;
  handle(SIGUSR1, on_signal, SA_RESTART);
  int status;
  siginfo_t info;
  for (int i = 0; i < 2; i++) {
    START(child) {
      nap();
      kill(parent, SIGUSR1);
      nap();
      _exit(5);
    }
    if (i == 0) {
      SHOW(waitpid(child, &status, 0) == child);
      say_status("child", status);
    } else {
      SHOW(waitid(P_ALL, 0, &info, WEXITED));
      SHOW(info.si_status);
    }
    say("handled %s\n", signal_name(handled));
    handled = 0;
  }
}
