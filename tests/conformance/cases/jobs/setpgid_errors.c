// What setpgid refuses: missing groups, strangers, children that have executed, other sessions: setpgid(2).
// marks: fork, lane
#include "rerun.h"

AGAIN {
  open_gate((struct gate){-1, atoi(words[0])});
  pass_gate((struct gate){atoi(words[1]), -1});
  return 0;
}

CASE {
  int up[2], down[2];
  NEED(pipe(up) == 0 && pipe(down) == 0);
  pid_t child;
  SHOW(setpgid(0, -1));
  SHOW(setpgid(-1, 0));
  SHOW(setpgid(1000000000, 0));
  SHOW(setpgid(getppid(), 0));
  SHOW(setpgid(0, 1000000000));
  START(child) {
    char writer[16], reader[16];
    snprintf(writer, sizeof writer, "%d", up[1]);
    snprintf(reader, sizeof reader, "%d", down[0]);
    rerun(writer, reader);
  }
  struct gate from_child = {up[0], up[1]}, to_child = {down[0], down[1]};
  pass_gate(from_child);
  SHOW(setpgid(child, 0));
  SHOW(setpgid(child, child));
  open_gate(to_child);
  reap("child that executed", child);
  START(child) {
    NEED(setsid() == getpid());
    SHOW(setpgid(0, 0));
    SHOW(setpgid(0, getpgid(getppid())));
    open_gate(from_child);
    pass_gate(to_child);
  }
  pass_gate(from_child);
  SHOW(setpgid(child, getpgrp()));
  open_gate(to_child);
  reap("child with a session", child);
}
