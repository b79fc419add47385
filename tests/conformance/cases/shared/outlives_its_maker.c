// Shared memory made by a child is known to its own children after its end: mmap(2).
// marks: fork
#include "relatives.h"

CASE {
  struct gate orphaned = make_gate(), done = make_gate();
  pid_t maker, first, second;
  START(maker) {
    int* common = shared_memory(KX_PAGE);
    struct gate turn = make_gate();
    *common = 10;
    START(first) {
      pass_gate(orphaned);
      *common += 5;
      open_gate(turn);
    }
    START(second) {
      pass_gate(turn);
      say("second: %d\n", *common);
      open_gate(done);
    }
  }
  reap("maker", maker);
  open_gate(orphaned);
  pass_gate(done);
}
