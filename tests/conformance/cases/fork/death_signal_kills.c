// PR_SET_PDEATHSIG with SIGKILL ends the child when its parent is killed: prctl(2).
// marks: fork
#include <sys/prctl.h>

#include "relatives.h"

CASE {
  struct gate ready = make_gate();
  int ends[2];
  NEED(pipe(ends) == 0);
  pid_t middle, grandchild;
  START(middle) {
    START(grandchild) {
      close(ends[0]);
      NEED(prctl(PR_SET_PDEATHSIG, SIGKILL) == 0);
      open_gate(ready);
      for (;;) pause();
    }
    close(ends[1]);
    for (;;) pause();
  }
  close(ends[1]);
  pass_gate(ready);
  NEED(kill(middle, SIGKILL) == 0);
  char byte;
  SHOW(read(ends[0], &byte, 1));
  reap("middle", middle);
}
