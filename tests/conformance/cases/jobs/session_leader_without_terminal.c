// The end of a session leader without a terminal sends nothing to its session: setsid(2).
// marks: fork
#include "relatives.h"

CASE {
  struct gate gate = make_gate(), done = make_gate();
  pid_t leader, member;
  START(leader) {
    NEED(setsid() == getpid());
    START(member) {
      pass_gate(gate);
      say("member lives\n");
      open_gate(done);
    }
  }
  reap("leader", leader);
  open_gate(gate);
  pass_gate(done);
}
