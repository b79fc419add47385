// write from a mapping of the same file, read into a mapping of the same file: mmap(2), write(2).
#include "case.h"

CASE {
  int fd = open("file", O_RDWR | O_CREAT, 0644);
  NEED(ftruncate(fd, 8 * KX_PAGE) == 0);
  char* memory = mmap(NULL, 8 * KX_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  NEED(memory != MAP_FAILED);
  memset(memory, 'a', KX_PAGE);
  SHOW(pwrite(fd, memory, KX_PAGE, 2 * KX_PAGE));
  SHOW(memory[3 * KX_PAGE - 1]);
  memset(memory + 4 * KX_PAGE, 'b', KX_PAGE);
  SHOW(pread(fd, memory + 6 * KX_PAGE, KX_PAGE, 4 * KX_PAGE));
  SHOW(memory[7 * KX_PAGE - 1]);
  char byte = 0;
  SHOW(pread(fd, &byte, 1, 6 * KX_PAGE + 5));
  SHOW(byte);
}
