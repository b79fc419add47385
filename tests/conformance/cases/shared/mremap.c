// Shared memory stays shared when one process moves it: mremap(2).
// marks: fork
#include "relatives.h"

CASE {
  char* memory = shared_memory(2 * KX_PAGE);
  pid_t child;
  struct gate go = make_gate(), done = make_gate();
  START(child) {
    char* place = mmap(NULL, 2 * KX_PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char* moved = mremap(memory, 2 * KX_PAGE, 2 * KX_PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, place);
    NEED(moved == place);
    strcpy(moved, "child, moved");
    open_gate(done);
    pass_gate(go);
    say("child: %s\n", moved + KX_PAGE);
  }
  pass_gate(done);
  say("parent: %s\n", memory);
  strcpy(memory + KX_PAGE, "parent");
  open_gate(go);
  reap("child", child);
}
