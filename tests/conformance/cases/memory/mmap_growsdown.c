// A MAP_GROWSDOWN mapping grows when the page below it is touched: mmap(2).
#include "fault.h"

CASE {
  char* area = mmap(NULL, 2048 * KX_PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  NEED(area != MAP_FAILED);
  NEED(munmap(area, 2048 * KX_PAGE) == 0);
  char* top = mmap(area + 2040 * KX_PAGE, 8 * KX_PAGE, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_GROWSDOWN, -1, 0);
  CHECK(top == area + 2040 * KX_PAGE);
  FAULT(NULL, poke(top, 1));
  FAULT(NULL, poke(top - 1, 2));
  FAULT(NULL, poke(top - KX_PAGE - 1, 3));
  FAULT(NULL, poke(top - 30 * KX_PAGE, 4));
  SHOW(peek(top) + peek(top - 1) + peek(top - KX_PAGE - 1) + peek(top - 30 * KX_PAGE));
  SHOW(peek(top - 29 * KX_PAGE));
}
