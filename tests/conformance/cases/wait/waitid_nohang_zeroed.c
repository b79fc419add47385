// waitid with WNOHANG and nothing to report gives 0 and zeroes pid and signal: waitid(2).
// marks: fork
#include "relatives.h"

CASE {
  struct gate gate = make_gate();
  pid_t child;
  START(child) pass_gate(gate);
  siginfo_t info;
  memset(&info, 0x55, sizeof info);
  SHOW(waitid(P_PID, (id_t)child, &info, WEXITED | WNOHANG));
  say("pid %d, signal %d\n", info.si_pid, info.si_signo);
  open_gate(gate);
  SHOW(waitid(P_PID, (id_t)child, NULL, WEXITED));
}
