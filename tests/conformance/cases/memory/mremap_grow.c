// mremap grows a mapping, in place or by moving it, and shrinks it: mremap(2).
#include "fault.h"

CASE {
  char* memory = fresh_pages(3);
  for (int i = 0; i < 3; i++) memory[i * KX_PAGE] = (char)('a' + i);
  char* larger = mremap(memory, 3 * KX_PAGE, 50 * KX_PAGE, MREMAP_MAYMOVE);
  CHECK(larger != MAP_FAILED);
  say("%c%c%c %d\n", larger[0], larger[KX_PAGE], larger[2 * KX_PAGE], larger[49 * KX_PAGE]);
  char* smaller = mremap(larger, 50 * KX_PAGE, 2 * KX_PAGE, 0);
  CHECK(smaller == larger);
  FAULT(larger + 2 * KX_PAGE, peek(larger + 2 * KX_PAGE));
  char* next = mmap(larger + 2 * KX_PAGE, KX_PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  NEED(next == larger + 2 * KX_PAGE);
  STATUS(mremap(larger, 2 * KX_PAGE, 4 * KX_PAGE, 0));
  char* moved = mremap(larger, 2 * KX_PAGE, 4 * KX_PAGE, MREMAP_MAYMOVE);
  CHECK(moved != larger && moved != MAP_FAILED);
  say("%c%c %d\n", moved[0], moved[KX_PAGE], moved[2 * KX_PAGE]);
  FAULT(larger, peek(larger));
}
