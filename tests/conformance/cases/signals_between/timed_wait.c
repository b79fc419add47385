// sigtimedwait waits for a signal of a child, and no longer than told: sigtimedwait(2).
// marks: fork
#include "relatives.h"

CASE {
  sigset_t set = set_of(SIGUSR1);
  sigaddset(&set, SIGCHLD);
  NEED(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
  struct timespec soon = {0, 20000000}, late = {100, 0};
  siginfo_t info;
  SHOW(sigtimedwait(&set, &info, &soon));
  pid_t parent = getpid(), child;
  struct gate gate = make_gate();
  START(child) {
    NEED(kill(parent, SIGUSR1) == 0);
    pass_gate(gate);
    _exit(3);
  }
  CHECK(sigtimedwait(&set, &info, &late) == SIGUSR1);
  CHECK(info.si_pid == child);
  open_gate(gate);
  CHECK(sigtimedwait(&set, &info, &late) == SIGCHLD);
  say("code %d, status %d\n", info.si_code, info.si_status);
  reap("child", child);
}
