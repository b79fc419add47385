// SIGKILL ends the program although everything is blocked: signal(7).
#include "case.h"

CASE {
  sigset_t set;
  sigfillset(&set);
  SHOW(sigprocmask(SIG_SETMASK, &set, NULL));
  kill(getpid(), SIGKILL);
  say("not reached\n");
}
