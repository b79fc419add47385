// Three hundred queued signals from a child arrive, each once: signal(7).
// marks: fork
#include "relatives.h"

CASE {
  sigset_t set = set_of(SIGRTMIN + 3);
  NEED(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
  pid_t parent = getpid(), child;
  START(child) for (int i = 0; i < 300; i++) NEED(sigqueue(parent, SIGRTMIN + 3, (union sigval){.sival_int = i}) == 0);
  int in_order = 0;
  for (int i = 0; i < 300; i++) {
    siginfo_t info;
    NEED(sigwaitinfo(&set, &info) == SIGRTMIN + 3);
    in_order += info.si_value.sival_int == i;
  }
  SHOW(in_order);
  reap("child", child);
}
