// Memory mapped again after munmap is zero, whatever was there before: munmap(2).
#include "case.h"

CASE {
  long dirty = 0;
  for (int round = 0; round < 200; round++) {
    long pages = 1 + round % 37;
    char* memory = fresh_pages(pages);
    for (long i = 0; i < pages * KX_PAGE; i += 64) dirty += memory[i] != 0;
    memset(memory, 0xee, (size_t)(pages * KX_PAGE));
    NEED(munmap(memory, (size_t)(pages * KX_PAGE)) == 0);
  }
  SHOW(dirty);
}
