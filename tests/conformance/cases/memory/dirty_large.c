// 64 MiB written and read back in a scattered order: mmap(2).
#include "case.h"

CASE {
  size_t pages = 16384;
  char* memory = fresh_pages((long)pages);
  for (size_t i = 0; i < pages; i++) {
    size_t page = i * 7919 % pages;
    *(uint64_t*)(memory + page * KX_PAGE + page % 500 * 8) = page * 3;
  }
  uint64_t wrong = 0;
  for (size_t page = 0; page < pages; page++)
    wrong += *(uint64_t*)(memory + page * KX_PAGE + page % 500 * 8) != page * 3;
  SHOW(wrong);
  SHOW(munmap(memory, pages * KX_PAGE));
}
