// waitid fills in code, status, number and user of a child that exited or was killed: waitid(2).
// marks: fork, lane
#include "relatives.h"

static void show(pid_t child) {
  siginfo_t info;
  memset(&info, 0x55, sizeof info);
  SHOW(waitid(P_PID, (id_t)child, &info, WEXITED));
  say("signal %s, code %d, status %d, pid %d, uid %d, errno %d\n", signal_name(info.si_signo), info.si_code,
      info.si_status, info.si_pid == child, info.si_uid == getuid(), info.si_errno);
}

CASE {
  pid_t child;
  START(child) _exit(42);
  show(child);
  START(child) _exit(-1);
  show(child);
  START(child) raise(SIGKILL);
  show(child);
  START(child) raise(SIGTERM);
  show(child);
  START(child) raise(SIGRTMIN + 1);
  show(child);
}
