// A reservation of a tebibyte with PROT_NONE, opened in part by mprotect, as runtimes with their own heap do: mmap(2).
#include "fault.h"

CASE {
  size_t size = (size_t)1 << 40;
  char* memory = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  CHECK(memory != MAP_FAILED);
  char* part = memory + (size / 2);
  SHOW(mprotect(part, 16 * KX_PAGE, PROT_READ | PROT_WRITE));
  part[0] = 1;
  part[16 * KX_PAGE - 1] = 2;
  SHOW(part[0] + part[16 * KX_PAGE - 1]);
  FAULT(part - 1, peek(part - 1));
  FAULT(part + 16 * KX_PAGE, peek(part + 16 * KX_PAGE));
  SHOW(munmap(memory, size));
  FAULT(part, peek(part));
}
