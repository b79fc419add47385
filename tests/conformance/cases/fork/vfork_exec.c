// vfork and exec: the parent goes on while the new program runs: vfork(2).
// marks: fork, lane
#include "rerun.h"

AGAIN {
  struct gate gate = {atoi(words[0]), -1};
  pass_gate(gate);
  say("the new program\n");
  return 11;
}

CASE {
  int ends[2];
  NEED(pipe(ends) == 0);
  char reader[12];
  snprintf(reader, sizeof reader, "%d", ends[0]);
  pid_t child = vfork();
  if (child == 0) rerun(reader, NULL);
  NEED(child > 0);
  say("the parent goes on\n");
  NEED(write(ends[1], "x", 1) == 1);
  reap("child", child);
}
