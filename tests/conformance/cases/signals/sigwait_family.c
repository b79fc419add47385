// sigwaitinfo and sigtimedwait take blocked signals without a handler: sigwaitinfo(2).
#include <time.h>

#include "case.h"

CASE {
  sigset_t set;
  siginfo_t info;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  sigaddset(&set, SIGRTMIN);
  NEED(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
  raise(SIGUSR1);
  NEED(sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = 5}) == 0);
  NEED(sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = 6}) == 0);
  for (int i = 0; i < 3; i++) {
    int number = sigwaitinfo(&set, &info);
    say("%s code %d value %d\n", signal_name(number), info.si_code,
        info.si_code == SI_QUEUE ? info.si_value.sival_int : 0);
  }
  struct timespec zero = {0, 0}, soon = {0, 20000000}, wrong = {0, -1};
  SHOW(sigtimedwait(&set, &info, &zero));
  SHOW(sigtimedwait(&set, &info, &soon));
  SHOW(sigtimedwait(&set, &info, &wrong));
  raise(SIGUSR1);
  SHOW(sigtimedwait(&set, NULL, &soon));
  raise(SIGUSR1);
  int number = 0;
  SHOW(sigwait(&set, &number));
  CHECK(number == SIGUSR1);
}
