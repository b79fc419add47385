// The limit of CPU time is kept by fork and execve; a child counts its own time from zero: setrlimit(2), execve(2).
// marks: fork
#include <sys/resource.h>
#include <time.h>

#include "relatives.h"

CASE {
  pid_t child;
  SHOW(setrlimit(RLIMIT_CPU, &(struct rlimit){1, 5}));
  while (clock() < CLOCKS_PER_SEC * 6 / 10)
    ;
  START(child) {
    while (clock() < CLOCKS_PER_SEC * 6 / 10)
      ;
    char* const arguments[] = {"sh", "-c", "while :; do :; done", NULL};
    execv("/bin/sh", arguments);
  }
  reap("child", child);
}
