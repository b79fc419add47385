// A grown file mapping shows more of the file: mremap(2).
#include "case.h"

CASE {
  int fd = open("file", O_RDWR | O_CREAT, 0644);
  for (int page = 0; page < 4; page++) {
    char block[KX_PAGE];
    memset(block, 'a' + page, sizeof block);
    NEED(write(fd, block, sizeof block) == KX_PAGE);
  }
  char* memory = mmap(NULL, 2 * KX_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  NEED(memory != MAP_FAILED);
  memory[0] = '0';
  memory = mremap(memory, 2 * KX_PAGE, 4 * KX_PAGE, MREMAP_MAYMOVE);
  CHECK(memory != MAP_FAILED);
  say("%c%c%c%c\n", memory[0], memory[KX_PAGE], memory[2 * KX_PAGE], memory[3 * KX_PAGE]);
  memory[3 * KX_PAGE] = '3';
  char byte = 0;
  SHOW(pread(fd, &byte, 1, 3 * KX_PAGE));
  SHOW(byte);
}
