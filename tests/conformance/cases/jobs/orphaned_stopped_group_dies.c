// Without a handler, the SIGHUP ends the stopped member of a group that becomes orphaned: _exit(2).
// marks: fork
#include <sys/prctl.h>

#include "relatives.h"

CASE {
  NEED(prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);
  pid_t leader, member;
  pid_t* number = shared_memory(KX_PAGE);
  START(leader) {
    NEED(setsid() == getpid());
    pid_t middle;
    START(middle) {
      START(member) {
        NEED(setpgid(0, 0) == 0);
        raise(SIGSTOP);
        for (;;) pause();
      }
      *number = member;
      await_stop(member);
    }
    reap("middle", middle);
  }
  reap("session leader", leader);
  reap("member", *number);
}
