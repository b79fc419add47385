// The C library's allocator over brk and mmap: small, large, aligned, realloc, free: malloc(3), brk(2).
// variants: static,musl
#include "case.h"

CASE {
  static char* blocks[500];
  unsigned seed = 1;
  long wrong = 0;
  for (int round = 0; round < 20000; round++) {
    seed = seed * 1103515245 + 12345;
    int slot = (int)(seed >> 16) % 500;
    size_t size = 8 + (seed >> 8) % (round % 50 ? 3000 : 300000);
    if (blocks[slot]) {
      wrong += blocks[slot][0] != (char)slot;
      free(blocks[slot]);
    }
    blocks[slot] = malloc(size);
    NEED(blocks[slot]);
    blocks[slot][0] = (char)slot;
    blocks[slot][size - 1] = (char)slot;
  }
  SHOW(wrong);
  char* memory = malloc(10);
  strcpy(memory, "kept");
  memory = realloc(memory, 10 << 20);
  say("%s\n", memory);
  memory = realloc(memory, 100);
  say("%s\n", memory);
  void* aligned = NULL;
  SHOW(posix_memalign(&aligned, 1 << 16, 100));
  CHECK((uintptr_t)aligned % (1 << 16) == 0);
}
