// Aligned memory that may lie in huge pages is copied on write like any other: madvise(2).
// marks: fork
#include "relatives.h"

enum { size = 16 << 20 };

CASE {
  char* area = mmap(NULL, size + (2 << 20), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  NEED(area != MAP_FAILED);
  char* memory = (char*)(((uintptr_t)area + (2 << 20) - 1) & ~((uintptr_t)(2 << 20) - 1));
  madvise(memory, size, MADV_HUGEPAGE);
  for (long i = 0; i < size; i += 8) *(long*)(memory + i) = i;
  uint64_t before = checksum(memory, size);
  pid_t child;
  START(child) {
    say("child: same %d\n", checksum(memory, size) == before);
    for (long i = 0; i < size; i += 1 << 20) memory[i + 77] = 'c';
    say("child: changed %d\n", checksum(memory, size) != before);
    NEED(mprotect(memory + (4 << 20), KX_PAGE, PROT_READ) == 0);
    NEED(munmap(memory + (6 << 20) + KX_PAGE, KX_PAGE) == 0);
    memory[(6 << 20)] = 'd';
    say("child: still there %c\n", memory[6 << 20]);
  }
  reap("child", child);
  CHECK(checksum(memory, size) == before);
  memory[(4 << 20) + 5] = 'x';
  memory[(6 << 20) + KX_PAGE] = 'y';
  CHECK(checksum(memory, size) != before);
}
