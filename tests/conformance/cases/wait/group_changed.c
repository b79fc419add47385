// A child that changes its group is found in the new one only: waitpid(2).
// marks: fork
#include "relatives.h"

CASE {
  struct gate gate = make_gate();
  pid_t child;
  START(child) pass_gate(gate);
  NEED(setpgid(child, 0) == 0);
  SHOW(waitpid(0, NULL, WNOHANG));
  SHOW(waitpid(-child, NULL, WNOHANG));
  NEED(setpgid(child, getpgrp()) == 0);
  SHOW(waitpid(-child, NULL, WNOHANG));
  open_gate(gate);
  CHECK(waitpid(0, NULL, 0) == child);
}
