// Shared anonymous memory starts as zeros and keeps what is written: mmap(2).
#include "case.h"

CASE {
  int* memory = mmap(NULL, 16 * KX_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  CHECK(memory != MAP_FAILED);
  long sum = 0;
  for (int i = 0; i < 16 * 1024; i++) sum += memory[i];
  SHOW(sum);
  for (int i = 0; i < 16 * 1024; i++) memory[i] = i;
  for (int i = 0; i < 16 * 1024; i++) sum += memory[i];
  SHOW(sum);
  SHOW(munmap(memory, 16 * KX_PAGE));
}
