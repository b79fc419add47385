// A guard page below a buffer catches the byte before it and nothing else: mprotect(2).
#include "fault.h"

CASE {
  char* memory = fresh_pages(4);
  SHOW(mprotect(memory + KX_PAGE, KX_PAGE, PROT_NONE));
  char* buffer = memory + 2 * KX_PAGE;
  FAULT(NULL, poke(buffer, 1));
  FAULT(buffer - 1, poke(buffer - 1, 1));
  FAULT(NULL, poke(memory + KX_PAGE - 1, 1));
  FAULT(memory + KX_PAGE, memset(memory + KX_PAGE - 16, 1, 64));
  SHOW(peek(memory + KX_PAGE - 1));
}
