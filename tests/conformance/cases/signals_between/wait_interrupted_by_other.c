// sigtimedwait of one signal ends with EINTR by the handler of another, sent by a child: sigtimedwait(2).
// marks: fork
#include "relatives.h"

static volatile int handled;

static void on_signal(int number) {
  handled = number;
}

CASE {
  sigset_t set = set_of(SIGUSR1);
  NEED(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
  handle(SIGUSR2, on_signal, SA_RESTART);
  pid_t parent = getpid(), child;
  START(child) while (kill(parent, SIGUSR2) == 0) nap();
  SHOW(sigwaitinfo(&set, NULL));
  NEED(kill(child, SIGKILL) == 0);
  reap("child", child);
  say("%s\n", signal_name(handled));
}
