// Forty programs, each executed by the one before it in the same process: execve(2).
// marks: fork
#include "rerun.h"

AGAIN {
  int count = atoi(words[0]);
  if (count == 40 || atoi(words[1]) != getpid()) {
    say("%d, number kept %d\n", count, atoi(words[1]) == getpid());
    return 5;
  }
  char next[16];
  snprintf(next, sizeof next, "%d", count + 1);
  rerun(next, words[1]);
}

CASE {
  pid_t child;
  START(child) {
    char number[16];
    snprintf(number, sizeof number, "%d", getpid());
    rerun("1", number);
  }
  reap("child", child);
}
