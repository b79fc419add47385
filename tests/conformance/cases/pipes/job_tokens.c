// Tokens in a pipe limit how many of ten processes work at a time, as make does it: pipe(7).
// marks: fork
#include <sched.h>

#include "relatives.h"

CASE {
  int tokens[2];
  int* counts = shared_memory(KX_PAGE);
  NEED(pipe(tokens) == 0 && write(tokens[1], "++", 2) == 2);
  pid_t children[10];
  for (int i = 0; i < 10; i++) START(children[i]) {
      char token;
      NEED(read(tokens[0], &token, 1) == 1);
      int busy = __atomic_add_fetch(&counts[0], 1, __ATOMIC_SEQ_CST);
      if (busy > 2) counts[1] = busy;
      sched_yield();
      __atomic_add_fetch(&counts[2], 1, __ATOMIC_SEQ_CST);
      __atomic_sub_fetch(&counts[0], 1, __ATOMIC_SEQ_CST);
      NEED(write(tokens[1], &token, 1) == 1);
    }
  for (int i = 0; i < 10; i++) reap("worker", children[i]);
  say("too many %d, done %d\n", counts[1], counts[2]);
  char text[8] = "";
  SHOW(read(tokens[0], text, 8));
}
