// What lies beyond the end of a file that was made shorter is gone from private mappings too, written or not:
// ftruncate(2), mmap(2).
#include "case.h"

CASE {
  int fd = (int)STATUS(open("file", O_RDWR | O_CREAT, 0600));
  SHOW(ftruncate(fd, 4 * KX_PAGE));
  char* memory = mmap(NULL, 4 * KX_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
  char* later = mmap(NULL, 2 * KX_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 2 * KX_PAGE);
  NEED(memory != MAP_FAILED && later != MAP_FAILED);
  memset(memory, 'a', 4 * KX_PAGE);
  later[0] = later[KX_PAGE] = 'b';
  SHOW(ftruncate(fd, KX_PAGE + 1));
  SHOW(ftruncate(fd, 4 * KX_PAGE));
  // The page in which the file ended is kept whole.
  for (int page = 0; page < 4; page++)
    say("page %d: %d %d\n", page, memory[page * KX_PAGE], memory[(page + 1) * KX_PAGE - 1]);
  say("later: %d %d\n", later[0], later[KX_PAGE]);
  memory[2 * KX_PAGE] = 'c';
  char byte;
  SHOW(pread(fd, &byte, 1, 2 * KX_PAGE));
  SHOW(byte);
  SHOW(memory[2 * KX_PAGE]);
  SHOW(close(fd));
}
