// WUNTRACED reports a stopped child, once for each stop: waitpid(2).
// marks: fork, lane
#include "relatives.h"

CASE {
  pid_t child;
  START(child) {
    raise(SIGSTOP);
    raise(SIGTSTP);
    _exit(3);
  }
  NEED(setpgid(child, 0) == 0 || errno == EACCES);
  int status;
  CHECK(waitpid(child, &status, WUNTRACED) == child);
  say_status("child", status);
  SHOW(status);
  SHOW(waitpid(child, &status, WUNTRACED | WNOHANG));
  SHOW(kill(child, SIGCONT));
  CHECK(waitpid(child, &status, WUNTRACED) == child);
  say_status("child", status);
  SHOW(kill(child, SIGCONT));
  CHECK(waitpid(child, &status, WUNTRACED) == child);
  say_status("child", status);
}
