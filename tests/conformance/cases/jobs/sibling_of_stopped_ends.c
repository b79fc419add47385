// The end of a process hangs up no group that was not held by it: a stopped sibling stays stopped, and their parent,
// in the same group, gets no SIGHUP: _exit(2).
// marks: fork
#include "relatives.h"

CASE {
  pid_t stopped, child;
  START(stopped) {
    raise(SIGSTOP);
    say("goes on\n");
  }
  await_stop(stopped);
  START(child) _exit(3);
  reap("sibling", child);
  int status;
  SHOW(waitpid(stopped, &status, WNOHANG | WUNTRACED | WCONTINUED));
  NEED(kill(stopped, SIGCONT) == 0);
  reap("stopped", stopped);
}
