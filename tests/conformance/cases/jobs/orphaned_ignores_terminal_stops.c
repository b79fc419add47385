// Members of an orphaned group are not stopped by SIGTSTP, SIGTTIN and SIGTTOU, but by SIGSTOP: signal(7).
// marks: fork
// pvm-skip: terminal stop signals stop a member of an orphaned group too
#include "relatives.h"

CASE {
  pid_t leader;
  int status;
  START(leader) {
    NEED(setsid() == getpid());
    raise(SIGTSTP);
    raise(SIGTTIN);
    raise(SIGTTOU);
    raise(SIGSTOP);
    raise(SIGTSTP);
    _exit(6);
  }
  CHECK(waitpid(leader, &status, WUNTRACED) == leader);
  say_status("leader", status);
  NEED(kill(leader, SIGCONT) == 0);
  CHECK(waitpid(leader, &status, WUNTRACED) == leader);
  say_status("leader", status);
}
