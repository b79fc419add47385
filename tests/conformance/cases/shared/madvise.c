// MADV_DONTNEED on shared memory drops no contents; MADV_REMOVE does, for all; MADV_DONTFORK holds too: madvise(2).
// marks: fork
// pvm-skip: MADV_REMOVE of shared memory is not there
#include "relatives.h"

CASE {
  char* memory = shared_memory(4 * KX_PAGE);
  memset(memory, 'x', 4 * KX_PAGE);
  pid_t child;
  START(child) {
    SHOW(madvise(memory, KX_PAGE, MADV_DONTNEED));
    say("child: %c\n", memory[0]);
    SHOW(madvise(memory + KX_PAGE, KX_PAGE, MADV_REMOVE));
  }
  reap("child", child);
  say("parent: %c %d %c\n", memory[0], memory[KX_PAGE], memory[2 * KX_PAGE]);
  SHOW(madvise(memory + 3 * KX_PAGE, KX_PAGE, MADV_DONTFORK));
  START(child) say("%c\n", memory[3 * KX_PAGE]);
  reap("child that has it not", child);
  SHOW(madvise(memory, KX_PAGE, MADV_WIPEONFORK));
}
