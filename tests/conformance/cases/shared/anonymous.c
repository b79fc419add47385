// MAP_SHARED | MAP_ANONYMOUS memory is one memory in parent, child and grandchild: mmap(2).
// marks: fork, lane
#include "relatives.h"

CASE {
  char* memory = mmap(NULL, 4 * KX_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  NEED(memory != MAP_FAILED);
  strcpy(memory, "from the parent");
  pid_t child, grandchild;
  START(child) {
    say("child: %s, %d\n", memory, memory[KX_PAGE]);
    strcpy(memory + KX_PAGE, "from the child");
    START(grandchild) {
      say("grandchild: %s, %s\n", memory, memory + KX_PAGE);
      strcpy(memory + 2 * KX_PAGE, "from the grandchild");
    }
    reap("grandchild", grandchild);
  }
  reap("child", child);
  say("parent: %s, %s, %d\n", memory + KX_PAGE, memory + 2 * KX_PAGE, memory[3 * KX_PAGE]);
}
