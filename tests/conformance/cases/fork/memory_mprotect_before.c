// Protection set before fork holds in the child: mprotect(2).
// marks: fork
#include "relatives.h"

CASE {
  char* memory = fresh_pages(4);
  memset(memory, 'x', 4 * KX_PAGE);
  NEED(mprotect(memory + KX_PAGE, KX_PAGE, PROT_READ) == 0 && mprotect(memory + 2 * KX_PAGE, KX_PAGE, PROT_NONE) == 0);
  pid_t child;
  START(child) {
    say("child reads %c %c\n", memory[0], memory[KX_PAGE]);
    memory[0] = 'c';
    memory[3 * KX_PAGE] = 'c';
    NEED(mprotect(memory + 2 * KX_PAGE, KX_PAGE, PROT_READ | PROT_WRITE) == 0);
    say("child reads %c where it was not allowed before\n", memory[2 * KX_PAGE]);
    memory[KX_PAGE] = 'c';
  }
  reap("child that writes read-only memory", child);
  START(child) say("%c\n", memory[2 * KX_PAGE]);
  reap("child that reads forbidden memory", child);
  say("parent reads %c %c %c\n", memory[0], memory[KX_PAGE], memory[3 * KX_PAGE]);
}
