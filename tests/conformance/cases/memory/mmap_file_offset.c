// File mappings at an offset, and two mappings of one file that overlap: mmap(2).
#include "case.h"

CASE {
  int fd = open("file", O_RDWR | O_CREAT, 0644);
  for (int page = 0; page < 8; page++) {
    char block[KX_PAGE];
    memset(block, 'a' + page, sizeof block);
    NEED(write(fd, block, sizeof block) == KX_PAGE);
  }
  char* later = mmap(NULL, 4 * KX_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 3 * KX_PAGE);
  char* all = mmap(NULL, 8 * KX_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  NEED(later != MAP_FAILED && all != MAP_FAILED);
  for (int page = 0; page < 4; page++) say("%c", later[page * KX_PAGE + 5]);
  say("\n");
  later[0] = '!';
  SHOW(all[3 * KX_PAGE] == '!');
  all[5 * KX_PAGE] = '?';
  SHOW(later[2 * KX_PAGE] == '?');
  char* high = mmap(NULL, KX_PAGE, PROT_READ, MAP_PRIVATE, fd, 7 * KX_PAGE);
  SHOW(high[0]);
}
