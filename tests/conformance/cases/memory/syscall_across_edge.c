// Buffers that end in an unmapped page: what was possible is done, or EFAULT: read(2), write(2).
#include "case.h"

CASE {
  char* memory = fresh_pages(2);
  NEED(munmap(memory + KX_PAGE, KX_PAGE) == 0);
  memset(memory, 'e', KX_PAGE);
  strcpy(memory + KX_PAGE - 5, "file");
  int fd = SHOW(open(memory + KX_PAGE - 5, O_RDWR | O_CREAT, 0644));
  SHOW(write(fd, memory + KX_PAGE - 5, 5));
  memory[KX_PAGE - 1] = 'x';
  SHOW(open(memory + KX_PAGE - 5, O_RDONLY));
  SHOW(write(fd, memory + KX_PAGE, 1));
  int ends[2];
  NEED(pipe(ends) == 0);
  SHOW(write(ends[1], memory + KX_PAGE - 4, 4));
  SHOW(read(ends[0], memory + KX_PAGE - 4, 4));
  SHOW(write(ends[1], memory + KX_PAGE + 10, 4));
}
