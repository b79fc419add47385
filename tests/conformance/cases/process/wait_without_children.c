// Without children wait gives ECHILD: wait(2).
#include <sys/wait.h>

#include "case.h"

CASE {
  int status;
  siginfo_t info;
  SHOW(wait(&status));
  SHOW(waitpid(-1, &status, WNOHANG));
  SHOW(waitpid(999999999, &status, 0));
  SHOW(waitpid(-1, &status, 0x40));
  SHOW(waitid(P_ALL, 0, &info, WEXITED));
  SHOW(waitid(P_ALL, 0, &info, 0));
  SHOW(waitid(99, 0, &info, WEXITED));
}
