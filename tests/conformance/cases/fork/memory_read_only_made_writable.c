// Memory that was read-only at fork can be made writable in both, and is then private: mprotect(2).
// marks: fork
#include "relatives.h"

static const char constant[3 * 4096] __attribute__((aligned(4096))) = {[4096] = 'k'};

CASE {
  char* memory = (char*)constant + KX_PAGE;
  pid_t child;
  START(child) {
    NEED(mprotect(memory, KX_PAGE, PROT_READ | PROT_WRITE) == 0);
    *(volatile char*)memory = 'c';
    say("child: %c\n", *(volatile char*)memory);
  }
  reap("child", child);
  say("parent: %c\n", *(volatile char*)memory);
  NEED(mprotect(memory, KX_PAGE, PROT_READ | PROT_WRITE) == 0);
  *(volatile char*)memory = 'p';
  START(child) say("second child: %c\n", *(volatile char*)memory);
  reap("second child", child);
}
