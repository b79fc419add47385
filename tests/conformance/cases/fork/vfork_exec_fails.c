// When exec fails after vfork, the child sees the error, and the parent the value it left: vfork(2).
// marks: fork
#include "relatives.h"

CASE {
  volatile int code = 0;
  char* words[] = {"x", NULL};
  pid_t child = vfork();
  if (child == 0) {
    execv("/no/such/program", words);
    code = errno;
    _exit(127);
  }
  reap("child", child);
  say("%s\n", errno_name(code));
}
