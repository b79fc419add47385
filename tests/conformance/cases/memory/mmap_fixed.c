// MAP_FIXED replaces what was there, only in its range: mmap(2).
#include "case.h"

CASE {
  char* memory = fresh_pages(4);
  memset(memory, 'a', 4 * KX_PAGE);
  char* middle =
      mmap(memory + KX_PAGE, 2 * KX_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  CHECK(middle == memory + KX_PAGE);
  SHOW(memory[KX_PAGE - 1]);
  SHOW(memory[KX_PAGE]);
  SHOW(memory[3 * KX_PAGE - 1]);
  SHOW(memory[3 * KX_PAGE]);
  errno = 0;
  void* odd = mmap(memory + 1, KX_PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  say("unaligned: %s %s\n", odd == MAP_FAILED ? "failed" : "mapped", errno_name(errno));
}
