// WNOHANG gives 0 while the child runs, and leaves the status word alone: waitpid(2).
// marks: fork, lane
#include "relatives.h"

CASE {
  struct gate gate = make_gate();
  pid_t child;
  START(child) {
    pass_gate(gate);
    _exit(6);
  }
  int status = 0x1234;
  SHOW(waitpid(child, &status, WNOHANG));
  SHOW(status);
  SHOW(waitpid(-1, &status, WNOHANG));
  SHOW(wait4(0, &status, WNOHANG, NULL));
  open_gate(gate);
  await_zombie(child);
  CHECK(waitpid(child, &status, WNOHANG) == child);
  say_status("child", status);
  SHOW(waitpid(child, &status, WNOHANG));
}
