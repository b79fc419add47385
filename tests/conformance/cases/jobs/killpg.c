// A signal to a group reaches all its members and no others: killpg(3).
// marks: fork, lane
#include "relatives.h"

static void on_signal(int number) {
  (void)number;
  _exit(40);
}

CASE {
  handle(SIGUSR1, on_signal, 0);
  struct gate ready = make_gate(), end = make_gate();
  pid_t members[3], stranger;
  for (int i = 0; i < 3; i++) {
    START(members[i]) {
      NEED(setpgid(0, i ? members[0] : 0) == 0);
      open_gate(ready);
      for (;;) pause();
    }
    pass_gate(ready);
  }
  START(stranger) pass_gate(end);
  SHOW(killpg(members[0], SIGUSR1));
  for (int i = 0; i < 3; i++) reap("member", members[i]);
  open_gate(end);
  reap("stranger", stranger);
  SHOW(killpg(members[0], SIGUSR1));
  SHOW(killpg(members[0], 65));
  SHOW(killpg(-1, SIGUSR1));
}
