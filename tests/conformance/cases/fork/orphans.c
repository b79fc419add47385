// Twenty grandchildren lose their parent and still finish their work: fork(2).
// marks: fork
#include "relatives.h"

CASE {
  struct gate gate = make_gate(), done = make_gate();
  int* sums = shared_memory(KX_PAGE);
  pid_t middle, grandchild;
  START(middle) {
    for (int i = 0; i < 20; i++) START(grandchild) {
        pass_gate(gate);
        sums[i] = i * i;
        open_gate(done);
      }
  }
  reap("middle", middle);
  for (int i = 0; i < 20; i++) open_gate(gate);
  for (int i = 0; i < 20; i++) pass_gate(done);
  int sum = 0;
  for (int i = 0; i < 20; i++) sum += sums[i];
  SHOW(sum);
  SHOW(waitpid(-1, NULL, WNOHANG));
}
