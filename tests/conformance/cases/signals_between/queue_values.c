// sigqueue carries values, in order for each real-time signal, lower numbers first: sigqueue(3), signal(7).
// marks: fork, lane
#include "relatives.h"

CASE {
  sigset_t set = set_of(SIGRTMIN), one;
  sigaddset(&set, SIGRTMIN + 1);
  sigaddset(&set, SIGUSR1);
  NEED(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
  struct gate gate = make_gate();
  pid_t parent = getpid(), child;
  START(child) {
    pass_gate(gate);
    siginfo_t info;
    for (int i = 0; i < 8; i++) {
      NEED(sigwaitinfo(&set, &info) > 0);
      say("%s%s value %d, code %d, sender %d\n", signal_name(info.si_signo), info.si_signo == SIGRTMIN ? " min" : "",
          info.si_value.sival_int, info.si_code, info.si_pid == parent);
    }
    struct timespec now = {0, 0};
    SHOW(sigtimedwait(&set, &info, &now));
  }
  for (int i = 0; i < 4; i++) NEED(sigqueue(child, SIGRTMIN + 1, (union sigval){.sival_int = 100 + i}) == 0);
  for (int i = 0; i < 3; i++) NEED(sigqueue(child, SIGRTMIN, (union sigval){.sival_int = 200 + i}) == 0);
  for (int i = 0; i < 3; i++) NEED(sigqueue(child, SIGUSR1, (union sigval){.sival_int = 300 + i}) == 0);
  open_gate(gate);
  reap("child", child);
  sigemptyset(&one);
  SHOW(sigqueue(child, SIGRTMIN, (union sigval){.sival_int = 0}));
  SHOW(sigqueue(getpid(), 65, (union sigval){.sival_int = 0}));
}
