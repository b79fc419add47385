// A range with MADV_DONTFORK is not there in the child; MADV_DOFORK undoes it: madvise(2).
// marks: fork
#include "relatives.h"

CASE {
  char* memory = fresh_pages(3);
  memset(memory, 'x', 3 * KX_PAGE);
  SHOW(madvise(memory + KX_PAGE, KX_PAGE, MADV_DONTFORK));
  pid_t child;
  START(child) {
    unsigned char residence[3];
    say("child: %c %c\n", memory[0], memory[2 * KX_PAGE]);
    STATUS(mincore(memory + KX_PAGE, KX_PAGE, residence));
    void* place = mmap(memory + KX_PAGE, KX_PAGE, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    say("child: the place is free %d\n", place == memory + KX_PAGE);
  }
  reap("child", child);
  START(child) say("%c\n", memory[KX_PAGE]);
  reap("child that reads it", child);
  say("parent: %c\n", memory[KX_PAGE]);
  SHOW(madvise(memory + KX_PAGE, KX_PAGE, MADV_DOFORK));
  START(child) say("child: %c\n", memory[KX_PAGE]);
  reap("child after MADV_DOFORK", child);
}
