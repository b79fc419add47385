// kill of what does not exist, signal 0, wrong numbers: kill(2).
// marks: fork
#include "relatives.h"

CASE {
  struct gate gate = make_gate();
  pid_t child;
  START(child) pass_gate(gate);
  SHOW(kill(child, 0));
  SHOW(kill(child, 65));
  SHOW(kill(child, -1));
  SHOW(kill(1000000000, SIGTERM));
  SHOW(kill(-1000000000, SIGTERM));
  SHOW(kill(-child, 0));
  SHOW(kill(getppid(), 0));
  open_gate(gate);
  await_zombie(child);
  SHOW(kill(child, SIGTERM));
  SHOW(kill(child, 65));
  reap("child", child);
  SHOW(kill(child, SIGTERM));
  SHOW(kill(child, 0));
}
