// A zombie exists for kill and getpgid until it is waited for: wait(2).
// marks: fork
#include <sched.h>

#include "relatives.h"

CASE {
  pid_t child;
  START(child) _exit(1);
  await_zombie(child);
  SHOW(kill(child, 0));
  SHOW(kill(child, SIGKILL));
  SHOW(kill(child, SIGSTOP));
  CHECK(getpgid(child) == getpgrp());
  CHECK(getsid(child) == getsid(0));
  int status;
  SHOW(waitpid(child, &status, WUNTRACED) == child);
  say_status("child", status);
  SHOW(kill(child, 0));
  SHOW(getpgid(child));
  SHOW(getsid(child));
}
