// Protection changed after fork holds in that process alone: mprotect(2).
// marks: fork
#include "relatives.h"

CASE {
  char* memory = fresh_pages(2);
  memset(memory, 'x', 2 * KX_PAGE);
  struct gate to_child = make_gate(), to_parent = make_gate();
  pid_t child;
  START(child) {
    NEED(mprotect(memory, KX_PAGE, PROT_READ) == 0);
    open_gate(to_parent);
    pass_gate(to_child);
    memory[KX_PAGE] = 'c';
    say("child: %c %c\n", memory[0], memory[KX_PAGE]);
    memory[0] = 'c';
  }
  pass_gate(to_parent);
  memory[0] = 'p';
  NEED(mprotect(memory + KX_PAGE, KX_PAGE, PROT_READ) == 0);
  open_gate(to_child);
  reap("child", child);
  say("parent: %c %c\n", memory[0], memory[KX_PAGE]);
  START(child) memory[KX_PAGE] = 'd';
  reap("child of a parent with read-only memory", child);
}
