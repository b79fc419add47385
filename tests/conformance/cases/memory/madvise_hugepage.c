// Advice about huge pages and fork is accepted and changes no contents: madvise(2).
#include "case.h"

CASE {
  size_t size = (size_t)8 << 20;
  char* memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  NEED(memory != MAP_FAILED);
  memory[size / 2] = 'h';
  SHOW(madvise(memory, size, MADV_HUGEPAGE));
  SHOW(madvise(memory, size, MADV_NOHUGEPAGE));
  SHOW(madvise(memory, size, MADV_DONTFORK));
  SHOW(madvise(memory, size, MADV_DOFORK));
  SHOW(madvise(memory, size, MADV_DONTDUMP));
  SHOW(memory[size / 2]);
}
