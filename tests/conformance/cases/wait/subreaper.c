// PR_SET_CHILD_SUBREAPER: orphans below become children of the process, which waits for them: prctl(2).
// marks: fork, lane
#include <sys/prctl.h>

#include "relatives.h"

CASE {
  SHOW(prctl(PR_SET_CHILD_SUBREAPER, 1));
  pid_t self = getpid(), middle, grandchild;
  struct gate told = make_gate(), orphaned = make_gate();
  START(middle) {
    START(grandchild) {
      pid_t before = getppid();
      open_gate(told);
      pass_gate(orphaned);
      say("grandchild: parent was the middle %d, is the first %d\n", before != self, getppid() == self);
      _exit(77);
    }
    pass_gate(told);
    _exit(1);
  }
  reap("middle", middle);
  SHOW(waitpid(-1, NULL, WNOHANG));
  open_gate(orphaned);
  int status;
  CHECK(wait(&status) > 0);
  say_status("grandchild", status);
  SHOW(wait(&status));
}
