// munmap refuses unaligned addresses and a length of zero: munmap(2).
#include "case.h"

CASE {
  char* memory = fresh_pages(2);
  SHOW(munmap(memory + 1, KX_PAGE));
  SHOW(munmap(memory, 0));
  SHOW(munmap((void*)0x7ffffffff000000, KX_PAGE));
  SHOW(munmap(memory, KX_PAGE + 1));
  SHOW(munmap(memory, 2 * KX_PAGE));
}
