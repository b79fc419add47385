// Without WUNTRACED a stopped child is a running one: waitpid(2).
// marks: fork
#include "relatives.h"

CASE {
  pid_t child;
  START(child) {
    raise(SIGSTOP);
    _exit(2);
  }
  siginfo_t info;
  NEED(waitid(P_PID, (id_t)child, &info, WSTOPPED | WNOWAIT) == 0);
  int status;
  SHOW(waitpid(child, &status, WNOHANG));
  SHOW(waitpid(child, &status, WNOHANG | WCONTINUED));
  CHECK(waitpid(child, &status, WNOHANG | WUNTRACED) == child);
  say_status("child", status);
  SHOW(kill(child, SIGCONT));
  reap("child", child);
}
