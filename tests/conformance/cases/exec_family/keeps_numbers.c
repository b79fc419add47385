// exec keeps the process's number, parent, group and session: execve(2).
// marks: fork
#include "rerun.h"

AGAIN {
  int pid, parent, group, session;
  NEED(sscanf(words[0], "%d %d %d %d", &pid, &parent, &group, &session) == 4);
  say("%d %d %d %d, thread %d\n", pid == getpid(), parent == getppid(), group == getpgrp(), session == getsid(0),
      gettid() == getpid());
  return 0;
}

CASE {
  pid_t child;
  for (int i = 0; i < 2; i++) {
    START(child) {
      char numbers[64];
      if (i) NEED(setsid() == getpid());
      snprintf(numbers, sizeof numbers, "%d %d %d %d", getpid(), getppid(), getpgrp(), getsid(0));
      rerun(numbers, NULL);
    }
    reap("child", child);
  }
}
