// __WCLONE and plain waits choose children by their exit signal, __WALL takes all: wait(2).
// marks: fork
#include "relatives.h"

CASE {
  block_signal(SIGUSR1);
  pid_t plain;
  START(plain) _exit(1);
  long other = syscall(SYS_clone, SIGUSR1, 0, 0, 0, 0);
  NEED(other >= 0);
  if (other == 0) _exit(2);
  int status;
  SHOW(waitpid(plain, &status, __WCLONE));
  SHOW(waitpid((pid_t)other, &status, 0));
  CHECK(waitpid(-1, &status, 0) == plain);
  SHOW(waitpid(-1, &status, 0));
  CHECK(waitpid(-1, &status, __WCLONE) == other);
  say_status("clone child", status);
  START(plain) _exit(3);
  CHECK(waitpid(-1, &status, __WALL) == plain);
  SHOW(waitpid(-1, &status, __WALL));
}
