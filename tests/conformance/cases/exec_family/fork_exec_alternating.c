// Each generation forks, and its child executes the program again: execve(2).
// marks: fork, lane
#include "rerun.h"

static int generation(int number) {
  if (number == 6) return 1;
  char next[16];
  snprintf(next, sizeof next, "%d", number + 1);
  pid_t child;
  START(child) rerun(next, NULL);
  int code = WEXITSTATUS(ended(child));
  say("generation %d: %d\n", number, code);
  return code + 1;
}

AGAIN {
  return generation(atoi(words[0]));
}

CASE {
  SHOW(generation(0));
}
