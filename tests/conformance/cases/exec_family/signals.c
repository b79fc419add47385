// exec makes handlers default, keeps ignored signals, the mask and pending signals: execve(2), signal(7).
// marks: fork, lane
#include "rerun.h"

static void on_signal(int number) {
  (void)number;
}

AGAIN {
  const int numbers[] = {SIGUSR1, SIGUSR2, SIGTERM, SIGHUP, SIGRTMIN};
  sigset_t mask, pending;
  NEED(sigprocmask(SIG_BLOCK, NULL, &mask) == 0 && sigpending(&pending) == 0);
  for (int i = 0; i < 5; i++) {
    struct sigaction action;
    NEED(sigaction(numbers[i], NULL, &action) == 0);
    say("%s: %s, flags %x, blocked %d, pending %d\n", signal_name(numbers[i]),
        action.sa_handler == SIG_DFL   ? "default"
        : action.sa_handler == SIG_IGN ? "ignored"
                                       : "other",
        (unsigned)action.sa_flags & (SA_RESTART | SA_RESETHAND), sigismember(&mask, numbers[i]),
        sigismember(&pending, numbers[i]));
  }
  unblock_signal(SIGTERM);
  say("never reached\n");
  return 0;
}

CASE {
  pid_t child;
  START(child) {
    handle(SIGUSR1, on_signal, SA_RESTART | SA_RESETHAND);
    handle(SIGUSR2, SIG_IGN, 0);
    handle(SIGTERM, on_signal, 0);
    block_signal(SIGTERM);
    block_signal(SIGHUP);
    block_signal(SIGRTMIN);
    raise(SIGTERM);
    NEED(sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = 1}) == 0);
    rerun("x", NULL);
  }
  reap("child", child);
}
