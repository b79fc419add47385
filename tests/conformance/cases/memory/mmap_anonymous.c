// Anonymous private memory starts as zeros, is page aligned and can be written: mmap(2).
// variants: static,musl
#include "case.h"

CASE {
  size_t size = 64 * KX_PAGE;
  unsigned char* memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(memory != MAP_FAILED);
  CHECK((uintptr_t)memory % KX_PAGE == 0);
  long sum = 0;
  for (size_t i = 0; i < size; i++) sum += memory[i];
  SHOW(sum);
  for (size_t i = 0; i < size; i++) memory[i] = (unsigned char)(i * 7);
  for (size_t i = 0; i < size; i++) sum += memory[i] == (unsigned char)(i * 7);
  SHOW(sum);
  SHOW(munmap(memory, size));
}
