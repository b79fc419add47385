// A process that executes another program keeps its children and waits for them there: execve(2).
// marks: fork
#include "rerun.h"

AGAIN {
  int status, sum = 0;
  open_gate((struct gate){-1, atoi(words[0])});
  for (int i = 0; i < 2; i++) {
    NEED(wait(&status) > 0);
    sum += WEXITSTATUS(status);
  }
  SHOW(sum);
  SHOW(wait(&status));
  return 0;
}

CASE {
  pid_t child;
  START(child) {
    int ends[2];
    NEED(pipe(ends) == 0);
    pid_t first, second;
    START(first) _exit(30);
    START(second) {
      pass_gate((struct gate){ends[0], -1});
      _exit(12);
    }
    char writer[16];
    snprintf(writer, sizeof writer, "%d", ends[1]);
    rerun(writer, NULL);
  }
  reap("child", child);
}
