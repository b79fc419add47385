// Process 1 is root's: others are not permitted to signal it, nor to ask whether it is there: kill(2).
#include "identity.h"

CASE {
  pid_t pid;
  if (!is_root()) return;
  SHOW(kill(1, 65));
  START(pid) {
    NEED(setresuid(1234, 1234, 1234) == 0);
    SHOW(kill(1, 0));
    SHOW(kill(1, SIGTERM));
    SHOW(kill(1, 65));
  }
  reap("another user", pid);
}
