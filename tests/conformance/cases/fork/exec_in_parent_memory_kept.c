// After the parent executes another program the child still has its memory: fork(2), execve(2).
// marks: fork
#include "rerun.h"

static int value = 5;

AGAIN {
  struct gate gate = {atoi(words[0]), atoi(words[1])};
  int status;
  open_gate(gate);
  NEED(wait(&status) > 0);
  say_status("the child, reaped by the new program", status);
  return 0;
}

CASE {
  int ends[2];
  NEED(pipe(ends) == 0);
  struct gate gate = {ends[0], ends[1]};
  value = 6;
  pid_t child;
  START(child) {
    pass_gate(gate);
    say("child: %d\n", value);
    _exit(value);
  }
  char reader[12], writer[12];
  snprintf(reader, sizeof reader, "%d", ends[0]);
  snprintf(writer, sizeof writer, "%d", ends[1]);
  rerun(reader, writer);
}
