// mincore tells touched pages from untouched ones and refuses holes: mincore(2).
#include "case.h"

CASE {
  char* memory = fresh_pages(4);
  memory[0] = 1;
  memory[2 * KX_PAGE] = 1;
  unsigned char present[4] = {9, 9, 9, 9};
  SHOW(mincore(memory, 4 * KX_PAGE, present));
  say("%d %d\n", present[0] & 1, present[2] & 1);
  SHOW(mincore(memory + 1, KX_PAGE, present));
  SHOW(mincore(memory, KX_PAGE, (unsigned char*)8));
  NEED(munmap(memory + KX_PAGE, KX_PAGE) == 0);
  SHOW(mincore(memory, 4 * KX_PAGE, present));
}
