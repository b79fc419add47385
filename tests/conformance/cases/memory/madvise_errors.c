// madvise: accepted advice and its errors: madvise(2).
#include "case.h"

CASE {
  char* memory = fresh_pages(3);
  SHOW(madvise(memory, KX_PAGE, MADV_NORMAL));
  SHOW(madvise(memory, KX_PAGE, MADV_RANDOM));
  SHOW(madvise(memory, KX_PAGE, MADV_SEQUENTIAL));
  SHOW(madvise(memory, KX_PAGE, MADV_WILLNEED));
  SHOW(madvise(memory, 0, MADV_DONTNEED));
  SHOW(madvise(memory + 1, KX_PAGE, MADV_DONTNEED));
  SHOW(madvise(memory, KX_PAGE, 12345));
  NEED(munmap(memory + KX_PAGE, KX_PAGE) == 0);
  memory[0] = memory[2 * KX_PAGE] = 'm';
  SHOW(madvise(memory, 3 * KX_PAGE, MADV_DONTNEED));
  say("%d %d\n", memory[0], memory[2 * KX_PAGE]);
}
