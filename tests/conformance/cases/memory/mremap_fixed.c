// MREMAP_FIXED moves a mapping over another one: mremap(2).
#include "fault.h"

CASE {
  char *from = fresh_pages(2), *to = fresh_pages(4);
  memset(from, 'f', 2 * KX_PAGE);
  memset(to, 't', 4 * KX_PAGE);
  char* moved = mremap(from, 2 * KX_PAGE, 2 * KX_PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to + KX_PAGE);
  CHECK(moved == to + KX_PAGE);
  say("%c%c%c%c\n", to[0], to[KX_PAGE], to[2 * KX_PAGE], to[3 * KX_PAGE]);
  FAULT(from, peek(from));
  STATUS(mremap(to, KX_PAGE, KX_PAGE, MREMAP_FIXED, from));
  STATUS(mremap(to, 2 * KX_PAGE, 2 * KX_PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to + KX_PAGE));
  STATUS(mremap(to + 1, KX_PAGE, 2 * KX_PAGE, MREMAP_MAYMOVE));
  STATUS(mremap(to, KX_PAGE, 0, MREMAP_MAYMOVE));
  STATUS(mremap(from, KX_PAGE, 2 * KX_PAGE, MREMAP_MAYMOVE));
  STATUS(mremap(to, KX_PAGE, KX_PAGE, 0x80));
}
