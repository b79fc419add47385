// mprotect and munmap of shared memory hold in the process that calls them: mprotect(2).
// marks: fork
#include "relatives.h"

CASE {
  char* memory = shared_memory(3 * KX_PAGE);
  pid_t child;
  START(child) {
    NEED(mprotect(memory, KX_PAGE, PROT_READ) == 0 && munmap(memory + KX_PAGE, KX_PAGE) == 0);
    memory[2 * KX_PAGE] = 'c';
    memory[0] = 'c';
  }
  reap("child that writes read-only memory", child);
  memory[0] = 'p';
  memory[KX_PAGE] = 'p';
  say("parent: %c %c %c\n", memory[0], memory[KX_PAGE], memory[2 * KX_PAGE]);
  START(child) memory[KX_PAGE + 1] = 'd';
  reap("second child", child);
  say("parent: %c\n", memory[KX_PAGE + 1]);
}
