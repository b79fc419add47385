// MADV_DONTNEED in one process drops its pages alone: madvise(2).
// marks: fork
#include "relatives.h"

CASE {
  char* memory = fresh_pages(1024);
  memset(memory, 'x', 1024 * KX_PAGE);
  pid_t child;
  START(child) {
    NEED(madvise(memory + KX_PAGE, 1000 * KX_PAGE, MADV_DONTNEED) == 0);
    say("child: %c %d %d %c\n", memory[0], memory[KX_PAGE], memory[1000 * KX_PAGE], memory[1001 * KX_PAGE]);
    memory[KX_PAGE] = 'c';
  }
  reap("child", child);
  say("parent: %c %c\n", memory[KX_PAGE], memory[1000 * KX_PAGE]);
  NEED(madvise(memory, 512 * KX_PAGE, MADV_DONTNEED) == 0);
  START(child) say("second child: %d %c\n", memory[0], memory[512 * KX_PAGE]);
  reap("second child", child);
}
