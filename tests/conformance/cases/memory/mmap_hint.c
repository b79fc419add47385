// A hint without MAP_FIXED is taken when free and never overwrites: mmap(2).
#include "case.h"

CASE {
  char* memory = fresh_pages(4);
  memory[0] = 'k';
  char* other = mmap(memory, KX_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(other != MAP_FAILED && other != memory);
  SHOW(memory[0]);
  NEED(munmap(memory + KX_PAGE, KX_PAGE) == 0);
  char* again = mmap(memory + KX_PAGE, KX_PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(again == memory + KX_PAGE);
}
