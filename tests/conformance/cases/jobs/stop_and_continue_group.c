// A group is stopped and continued as a whole: kill(2).
// marks: fork, lane
#include "relatives.h"

CASE {
  struct gate gate = make_gate();
  pid_t members[3];
  for (int i = 0; i < 3; i++) {
    START(members[i]) {
      pass_gate(gate);
      _exit(i);
    }
    NEED(setpgid(members[i], members[0]) == 0);
  }
  int status, stopped = 0, continued = 0;
  SHOW(kill(-members[0], SIGSTOP));
  for (int i = 0; i < 3; i++) {
    NEED(waitpid(members[i], &status, WUNTRACED) == members[i]);
    stopped += WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP;
  }
  SHOW(stopped);
  for (int i = 0; i < 3; i++) open_gate(gate);
  nap();
  SHOW(waitpid(-members[0], &status, WNOHANG));
  SHOW(kill(-members[0], SIGCONT));
  for (int i = 0; i < 3; i++) {
    NEED(waitpid(members[i], &status, WCONTINUED) == members[i]);
    continued += WIFCONTINUED(status) || WIFEXITED(status);
  }
  SHOW(continued);
}
