// munmap in the middle splits a mapping; a hole may be unmapped again: munmap(2).
#include "fault.h"

CASE {
  char* memory = fresh_pages(5);
  memset(memory, 's', 5 * KX_PAGE);
  SHOW(munmap(memory + 2 * KX_PAGE, KX_PAGE));
  SHOW(peek(memory + 2 * KX_PAGE - 1));
  FAULT(memory + 2 * KX_PAGE, peek(memory + 2 * KX_PAGE));
  FAULT(memory + 3 * KX_PAGE - 1, peek(memory + 3 * KX_PAGE - 1));
  SHOW(peek(memory + 3 * KX_PAGE));
  SHOW(munmap(memory + 2 * KX_PAGE, KX_PAGE));
  SHOW(munmap(memory + KX_PAGE, 3 * KX_PAGE));
  SHOW(peek(memory) + peek(memory + 4 * KX_PAGE));
  SHOW(munmap(memory, 5 * KX_PAGE));
  FAULT(memory, peek(memory));
}
