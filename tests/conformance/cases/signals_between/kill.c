// Signals sent by kill to a child and to the parent, with number and code of the sender: kill(2).
// marks: fork, lane
#include "relatives.h"

static void take(const char* who, int number, pid_t sender) {
  sigset_t set = set_of(number);
  siginfo_t info;
  NEED(sigwaitinfo(&set, &info) == number);
  say("%s: %s, code %d, from the expected %d, user %d\n", who, signal_name(number), info.si_code, info.si_pid == sender,
      info.si_uid == getuid());
}

CASE {
  block_signal(SIGUSR1);
  block_signal(SIGUSR2);
  pid_t parent = getpid(), child;
  START(child) {
    take("child", SIGUSR1, parent);
    NEED(kill(parent, SIGUSR2) == 0);
  }
  NEED(kill(child, SIGUSR1) == 0);
  take("parent", SIGUSR2, child);
  reap("child", child);
}
