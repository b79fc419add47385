// MAP_POPULATE makes the pages present at once: mmap(2), mincore(2).
#include "case.h"

CASE {
  char* memory = mmap(NULL, 8 * KX_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
  NEED(memory != MAP_FAILED);
  unsigned char present[8];
  SHOW(mincore(memory, 8 * KX_PAGE, present));
  int count = 0;
  for (int i = 0; i < 8; i++) count += present[i] & 1;
  SHOW(count);
}
