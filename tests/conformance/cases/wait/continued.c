// WCONTINUED reports a continued child once, without WUNTRACED not its stop: waitpid(2).
// marks: fork
#include "relatives.h"

CASE {
  struct gate gate = make_gate();
  pid_t child;
  START(child) pass_gate(gate);
  int status;
  SHOW(kill(child, SIGSTOP));
  await_stop(child);
  SHOW(waitpid(child, &status, WCONTINUED | WNOHANG));
  SHOW(kill(child, SIGCONT));
  CHECK(waitpid(child, &status, WCONTINUED) == child);
  say_status("child", status);
  SHOW(status);
  SHOW(waitpid(child, &status, WCONTINUED | WUNTRACED | WNOHANG));
  open_gate(gate);
  reap("child", child);
}
