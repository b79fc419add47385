// MADV_DONTNEED zeroes private anonymous memory and drops private changes of a file mapping: madvise(2).
// variants: static,musl
#include <sys/mman.h>

#include "case.h"

CASE {
  char* memory = fresh_pages(4);
  memset(memory, 'd', 4 * KX_PAGE);
  SHOW(madvise(memory + KX_PAGE, 2 * KX_PAGE, MADV_DONTNEED));
  say("%d %d %d %d\n", memory[0], memory[KX_PAGE], memory[3 * KX_PAGE - 1], memory[3 * KX_PAGE]);
  memory[KX_PAGE] = 'n';
  say("%d\n", memory[KX_PAGE]);
  int fd = file_with("file", "file text");
  char* file = mmap(NULL, KX_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
  NEED(file != MAP_FAILED);
  file[0] = 'F';
  SHOW(madvise(file, KX_PAGE, MADV_DONTNEED));
  say("%s\n", file);
  char* shared = mmap(NULL, KX_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  NEED(shared != MAP_FAILED);
  shared[0] = 'k';
  SHOW(madvise(shared, KX_PAGE, MADV_DONTNEED));
  SHOW(shared[0]);
}
