// mprotect takes writing away and gives it back, page by page: mprotect(2).
// variants: static,musl
#include "fault.h"

CASE {
  char* memory = fresh_pages(3);
  memset(memory, 'm', 3 * KX_PAGE);
  SHOW(mprotect(memory + KX_PAGE, KX_PAGE, PROT_READ));
  FAULT(NULL, poke(memory, 1));
  SHOW(peek(memory + KX_PAGE));
  FAULT(memory + KX_PAGE, poke(memory + KX_PAGE, 1));
  FAULT(memory + 2 * KX_PAGE - 1, poke(memory + 2 * KX_PAGE - 1, 1));
  FAULT(NULL, poke(memory + 2 * KX_PAGE, 1));
  SHOW(peek(memory + KX_PAGE));
  SHOW(mprotect(memory, 3 * KX_PAGE, PROT_READ | PROT_WRITE));
  FAULT(NULL, poke(memory + KX_PAGE, 1));
  SHOW(peek(memory + KX_PAGE));
}
