// waitid with P_PGID, also 0 for one's own group: waitid(2).
// marks: fork
#include "relatives.h"

CASE {
  pid_t own, other;
  struct gate gate = make_gate();
  START(own) _exit(1);
  START(other) {
    pass_gate(gate);
    _exit(2);
  }
  NEED(setpgid(other, 0) == 0);
  siginfo_t info = {0};
  SHOW(waitid(P_PGID, 0, &info, WEXITED));
  CHECK(info.si_pid == own);
  SHOW(waitid(P_PGID, (id_t)getpgrp(), &info, WEXITED));
  open_gate(gate);
  SHOW(waitid(P_PGID, (id_t)other, &info, WEXITED));
  CHECK(info.si_pid == other);
  SHOW(info.si_status);
  SHOW(waitid(P_PGID, (id_t)other, &info, WEXITED));
}
