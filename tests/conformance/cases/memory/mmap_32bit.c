// MAP_32BIT gives an address in the first 2 GiB: mmap(2).
#include "case.h"

CASE {
  char* memory = mmap(NULL, KX_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
  CHECK(memory != MAP_FAILED);
  CHECK((uintptr_t)memory < (uintptr_t)1 << 31);
  memory[5] = 9;
  SHOW(memory[5]);
}
