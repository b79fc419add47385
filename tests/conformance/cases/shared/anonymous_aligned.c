// Shared memory, aligned to 2 MiB, first touched by a child: mmap(2).
// marks: fork
#include "relatives.h"

CASE {
  const size_t huge = 2 << 20;
  char* area = shared_memory(6 * huge);
  char* memory = (char*)(((uintptr_t)area + huge - 1) & ~(uintptr_t)(huge - 1));
  madvise(memory, 4 * huge, MADV_HUGEPAGE);
  pid_t child;
  START(child) for (size_t i = 0; i < 4 * huge; i += KX_PAGE) memory[i] = (char)(i / KX_PAGE);
  reap("child", child);
  long right = 0;
  for (size_t i = 0; i < 4 * huge; i += KX_PAGE) right += memory[i] == (char)(i / KX_PAGE);
  SHOW(right);
  START(child) NEED(mprotect(memory + huge + KX_PAGE, KX_PAGE, PROT_NONE) == 0 && munmap(memory, KX_PAGE) == 0);
  reap("child", child);
  SHOW(memory[KX_PAGE]);
  SHOW(memory[huge + KX_PAGE]);
}
