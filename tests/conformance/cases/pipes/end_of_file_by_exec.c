// A writing end with close-on-exec is closed by the child's exec: pipe(7).
// marks: fork
#include "rerun.h"

AGAIN {
  pass_gate((struct gate){atoi(words[0]), -1});
  return 0;
}

CASE {
  int ends[2], hold[2];
  NEED(pipe2(ends, O_CLOEXEC) == 0 && pipe(hold) == 0);
  pid_t child;
  START(child) {
    char number[16];
    snprintf(number, sizeof number, "%d", hold[0]);
    rerun(number, NULL);
  }
  close(ends[1]);
  char byte;
  SHOW(read(ends[0], &byte, 1));
  SHOW(waitpid(child, NULL, WNOHANG));
  NEED(write(hold[1], "x", 1) == 1);
  reap("child", child);
}
