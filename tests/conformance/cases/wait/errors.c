// Flags, kinds and pointers that waitid, waitpid and wait4 refuse: wait(2).
// marks: fork
#include "relatives.h"

CASE {
  siginfo_t info;
  int status;
  pid_t child;
  struct gate gate = make_gate();
  START(child) {
    pass_gate(gate);
    _exit(4);
  }
  SHOW(waitid(P_ALL, 0, &info, 0));
  SHOW(waitid(P_ALL, 0, &info, WNOHANG));
  SHOW(waitid(P_ALL, 0, &info, WEXITED | 0x40));
  SHOW(waitid(7, 0, &info, WEXITED));
  SHOW(waitid(P_PID, 0, &info, WEXITED));
  SHOW(waitid(P_PID, (id_t)-5, &info, WEXITED));
  SHOW(waitid(P_PGID, (id_t)-5, &info, WEXITED));
  SHOW(waitpid(-1, &status, 0x80));
  SHOW(waitpid(-1, &status, WEXITED));
  SHOW(waitpid(INT_MIN, &status, 0));
  SHOW(waitpid(getpid(), &status, 0));
  SHOW(waitpid(getppid(), &status, 0));
  SHOW(waitpid(1000000000, &status, 0));
  open_gate(gate);
  SHOW(waitpid(child, (int*)8, 0));
  SHOW(waitpid(child, &status, 0));
}
