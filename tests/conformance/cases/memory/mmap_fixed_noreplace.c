// MAP_FIXED_NOREPLACE refuses a range in use and takes a free one: mmap(2).
#include "case.h"

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

static void* try_at(char* address, long pages) {
  return mmap(address, (size_t)(pages * KX_PAGE), PROT_READ | PROT_WRITE,
              MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
}

CASE {
  char* memory = fresh_pages(8);
  memory[0] = 'x';
  STATUS(try_at(memory, 1));
  STATUS(try_at(memory + 7 * KX_PAGE, 1));
  SHOW(memory[0]);
  SHOW(munmap(memory + 2 * KX_PAGE, 2 * KX_PAGE));
  STATUS(try_at(memory + 2 * KX_PAGE, 3));
  CHECK(try_at(memory + 2 * KX_PAGE, 2) == memory + 2 * KX_PAGE);
  SHOW(memory[2 * KX_PAGE]);
}
