// What prctl settings a child inherits, and which it does not: prctl(2).
// marks: fork
#include <sys/prctl.h>

#include "relatives.h"

static void show(const char* who) {
  int signal = -1, reaper = -1;
  NEED(prctl(PR_GET_PDEATHSIG, &signal) == 0 && prctl(PR_GET_CHILD_SUBREAPER, &reaper) == 0);
  say("%s: death signal %d, subreaper %d, no new privileges %d, dumpable %d, timer slack %d\n", who, signal, reaper,
      prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), prctl(PR_GET_DUMPABLE), prctl(PR_GET_TIMERSLACK) == 70000);
}

CASE {
  NEED(prctl(PR_SET_PDEATHSIG, SIGUSR1) == 0 && prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);
  NEED(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_TIMERSLACK, 70000) == 0);
  NEED(prctl(PR_SET_DUMPABLE, 0) == 0);
  pid_t child;
  START(child) show("child");
  reap("child", child);
  show("parent");
}
