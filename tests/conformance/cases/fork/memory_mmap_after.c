// New mappings at the same fixed place in parent and child are independent: mmap(2).
// marks: fork
#include "relatives.h"

CASE {
  char* place = fresh_pages(4);
  NEED(munmap(place, 4 * KX_PAGE) == 0);
  struct gate to_child = make_gate(), to_parent = make_gate();
  pid_t child;
  START(child) {
    NEED(mmap(place, 4 * KX_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == place);
    memset(place, 'c', 4 * KX_PAGE);
    open_gate(to_parent);
    pass_gate(to_child);
    say("child: %c %c\n", place[0], place[4 * KX_PAGE - 1]);
  }
  pass_gate(to_parent);
  NEED(mmap(place, 4 * KX_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == place);
  say("parent: %d", place[0]);
  memset(place, 'p', 4 * KX_PAGE);
  say(" %c\n", place[0]);
  open_gate(to_child);
  reap("child", child);
}
