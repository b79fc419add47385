// Grandchildren and siblings cannot be waited for: wait(2).
// marks: fork
#include "relatives.h"

CASE {
  struct gate to_middle = make_gate(), to_grandchild = make_gate(), told = make_gate();
  pid_t* numbers = shared_memory(KX_PAGE);
  pid_t middle, sibling;
  START(middle) {
    pid_t grandchild;
    START(grandchild) pass_gate(to_grandchild);
    numbers[0] = grandchild;
    open_gate(told);
    pass_gate(to_middle);
    reap("grandchild", grandchild);
  }
  pass_gate(told);
  SHOW(waitpid(numbers[0], NULL, 0));
  START(sibling) SHOW(waitpid(middle, NULL, 0));
  reap("sibling", sibling);
  open_gate(to_grandchild);
  open_gate(to_middle);
  reap("middle", middle);
}
