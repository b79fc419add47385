// Truncating a mapped file takes its pages away; growing it gives zeros: mmap(2), ftruncate(2).
#include "fault.h"

CASE {
  int fd = file_with("file", "");
  NEED(ftruncate(fd, 4 * KX_PAGE) == 0);
  char* memory = mmap(NULL, 4 * KX_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  NEED(memory != MAP_FAILED);
  memset(memory, 'x', 4 * KX_PAGE);
  SHOW(ftruncate(fd, KX_PAGE + 10));
  SHOW(memory[KX_PAGE + 9]);
  SHOW(memory[KX_PAGE + 10]);
  FAULT(memory + 2 * KX_PAGE, peek(memory + 2 * KX_PAGE));
  SHOW(ftruncate(fd, 4 * KX_PAGE));
  SHOW(memory[3 * KX_PAGE]);
  SHOW(memory[0]);
}
