// MADV_FREE memory may be read and written on; a write after it is kept: madvise(2).
#include "case.h"

CASE {
  char* memory = fresh_pages(4);
  memset(memory, 'f', 4 * KX_PAGE);
  SHOW(madvise(memory, 4 * KX_PAGE, MADV_FREE));
  memory[100] = 'w';
  SHOW(memory[100]);
  CHECK(memory[2 * KX_PAGE] == 'f' || memory[2 * KX_PAGE] == 0);
  int fd = file_with("file", "text");
  void* file = mmap(NULL, KX_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  SHOW(madvise(file, KX_PAGE, MADV_FREE));
}
