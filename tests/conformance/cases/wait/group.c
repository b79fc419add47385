// waitpid for a process group, one's own and another: waitpid(2).
// marks: fork, lane
#include "relatives.h"

CASE {
  pid_t own, other[2];
  struct gate gate = make_gate();
  START(own) _exit(1);
  for (int i = 0; i < 2; i++) {
    START(other[i]) {
      pass_gate(gate);
      _exit(2 + i);
    }
    NEED(setpgid(other[i], other[0]) == 0);
  }
  int status;
  CHECK(waitpid(0, &status, 0) == own);
  say_status("own group", status);
  SHOW(waitpid(0, &status, 0));
  SHOW(waitpid(-other[0], &status, WNOHANG));
  open_gate(gate);
  open_gate(gate);
  int sum = 0;
  for (int i = 0; i < 2; i++) {
    NEED(waitpid(-other[0], &status, 0) > 0);
    sum += WEXITSTATUS(status);
  }
  SHOW(sum);
  SHOW(waitpid(-other[0], &status, 0));
  SHOW(waitpid(-getpid() - 1000000, &status, 0));
}
