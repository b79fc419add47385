// Real-time signals queue with their values, in order, lowest number first: signal(7).
// variants: static,musl
#include "case.h"

static void on_signal(int number, siginfo_t* info, void* context) {
  (void)context;
  say("real-time %d value %d\n", number - SIGRTMIN, info->si_value.sival_int);
}

CASE {
  sigset_t set;
  sigemptyset(&set);
  for (int i = 0; i < 3; i++) {
    struct sigaction action = {0};
    action.sa_sigaction = on_signal;
    action.sa_flags = SA_SIGINFO;
    sigfillset(&action.sa_mask);
    NEED(sigaction(SIGRTMIN + i, &action, NULL) == 0);
    sigaddset(&set, SIGRTMIN + i);
  }
  NEED(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
  for (int i = 0; i < 9; i++) NEED(sigqueue(getpid(), SIGRTMIN + 2 - i % 3, (union sigval){.sival_int = i}) == 0);
  SHOW(sigprocmask(SIG_UNBLOCK, &set, NULL));
  say("SIGRTMIN..SIGRTMAX has %d numbers or more: %d\n", 29, SIGRTMAX - SIGRTMIN >= 29);
}
