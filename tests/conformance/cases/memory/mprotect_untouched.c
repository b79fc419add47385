// mprotect of memory never touched holds when it is touched at last: mprotect(2).
#include "fault.h"

CASE {
  char* memory = fresh_pages(4);
  SHOW(mprotect(memory, KX_PAGE, PROT_READ));
  SHOW(mprotect(memory + KX_PAGE, KX_PAGE, PROT_NONE));
  FAULT(memory, poke(memory, 1));
  SHOW(peek(memory));
  FAULT(memory, poke(memory, 1));
  FAULT(memory + KX_PAGE, peek(memory + KX_PAGE));
  SHOW(mprotect(memory, 2 * KX_PAGE, PROT_READ | PROT_WRITE));
  FAULT(NULL, poke(memory, 1));
  FAULT(NULL, poke(memory + KX_PAGE, 1));
  SHOW(peek(memory) + peek(memory + KX_PAGE));
}
