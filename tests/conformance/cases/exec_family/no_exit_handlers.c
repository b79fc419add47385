// exec runs no exit handlers and loses what stdio has not written: execve(2).
// marks: fork
#include "rerun.h"

static void handler(void) {
  say("exit handler\n");
}

AGAIN {
  say("again\n");
  return 0;
}

CASE {
  pid_t child;
  START(child) {
    NEED(atexit(handler) == 0);
    FILE* file = fopen("file", "w");
    fputs("never written", file);
    rerun("x", NULL);
  }
  reap("child", child);
  struct stat status;
  NEED(stat("file", &status) == 0);
  SHOW(status.st_size);
}
