// In a group that is not orphaned each terminal stop signal stops a process: signal(7).
// marks: fork
#include "relatives.h"

CASE {
  const int numbers[] = {SIGTSTP, SIGTTIN, SIGTTOU, SIGSTOP};
  pid_t leader, child;
  START(leader) {
    NEED(setsid() == getpid());
    int status;
    START(child) {
      NEED(setpgid(0, 0) == 0);
      for (int i = 0; i < 4; i++) raise(numbers[i]);
      _exit(8);
    }
    for (int i = 0; i < 4; i++) {
      NEED(waitpid(child, &status, WUNTRACED) == child);
      say_status("child", status);
      NEED(kill(child, SIGCONT) == 0);
    }
    reap("child", child);
  }
  reap("leader", leader);
}
