// Large sparse mappings cost nothing until touched: mmap(2), MAP_NORESERVE.
#include "case.h"

CASE {
  size_t size = (size_t)64 << 30;
  char* memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  CHECK(memory != MAP_FAILED);
  for (size_t at = 0; at < size; at += (size_t)1 << 30) memory[at] = (char)(at >> 30);
  long sum = 0;
  for (size_t at = 0; at < size; at += (size_t)1 << 30) sum += memory[at] + memory[at + 1];
  SHOW(sum);
  SHOW(munmap(memory, size));
}
