// What the child unmaps is still there in the parent, and the other way round: munmap(2).
// marks: fork
#include "relatives.h"

CASE {
  char* memory = fresh_pages(3);
  memset(memory, 'x', 3 * KX_PAGE);
  struct gate gate = make_gate();
  pid_t child;
  START(child) {
    NEED(munmap(memory, KX_PAGE) == 0);
    pass_gate(gate);
    say("child: %c %c\n", memory[KX_PAGE], memory[2 * KX_PAGE]);
    say("%c\n", memory[0]);
  }
  NEED(munmap(memory + 2 * KX_PAGE, KX_PAGE) == 0);
  open_gate(gate);
  reap("child that reads what it unmapped", child);
  say("parent: %c %c\n", memory[0], memory[KX_PAGE]);
  START(child) say("%c\n", memory[2 * KX_PAGE]);
  reap("child that reads what its parent unmapped", child);
}
