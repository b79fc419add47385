// CLONE_CLEAR_SIGHAND gives the child default actions in place of handlers; ignored ones stay: clone3(2).
// marks: fork
#include <linux/sched.h>

#include "relatives.h"

static void on_signal(int number) {
  (void)number;
}

CASE {
  handle(SIGUSR1, on_signal, 0);
  handle(SIGUSR2, SIG_IGN, 0);
  struct clone_args arguments = {.flags = CLONE_CLEAR_SIGHAND, .exit_signal = SIGCHLD};
  long child = syscall(SYS_clone3, &arguments, sizeof arguments);
  NEED(child >= 0);
  if (child == 0) {
    struct sigaction action;
    NEED(sigaction(SIGUSR1, NULL, &action) == 0);
    say("child: SIGUSR1 default %d", action.sa_handler == SIG_DFL);
    NEED(sigaction(SIGUSR2, NULL, &action) == 0);
    say(", SIGUSR2 ignored %d\n", action.sa_handler == SIG_IGN);
    _exit(0);
  }
  reap("child", (pid_t)child);
  raise(SIGUSR1);
}
