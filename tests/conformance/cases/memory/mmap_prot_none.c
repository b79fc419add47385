// PROT_NONE memory faults with SEGV_ACCERR at any access; unmapped memory with SEGV_MAPERR: mmap(2), sigaction(2).
// variants: static,musl
#include "fault.h"

CASE {
  char* memory = mmap(NULL, 2 * KX_PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  NEED(memory != MAP_FAILED);
  FAULT(memory, peek(memory));
  FAULT(memory + 100, poke(memory + 100, 1));
  FAULT(memory + 2 * KX_PAGE - 1, peek(memory + 2 * KX_PAGE - 1));
  NEED(munmap(memory, 2 * KX_PAGE) == 0);
  FAULT(memory + 5, peek(memory + 5));
  FAULT(memory + KX_PAGE, poke(memory + KX_PAGE, 1));
  FAULT(NULL, poke(NULL, 1));
  FAULT((char*)16, peek((char*)16));
}
