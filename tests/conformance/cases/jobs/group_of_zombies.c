// A process group lives as long as it has a member, be it a zombie: setpgid(2).
// marks: fork
#include "relatives.h"

CASE {
  struct gate gate = make_gate();
  pid_t leader, other;
  START(leader) pass_gate(gate);
  NEED(setpgid(leader, 0) == 0);
  open_gate(gate);
  await_zombie(leader);
  SHOW(kill(-leader, 0));
  START(other) pass_gate(gate);
  SHOW(setpgid(other, leader));
  reap("leader", leader);
  SHOW(kill(-leader, 0));
  CHECK(getpgid(other) == leader);
  open_gate(gate);
  reap("other", other);
  SHOW(kill(-leader, 0));
}
