// Access beyond the end of a mapped file raises SIGBUS, in the last partial page it does not: mmap(2).
#include "fault.h"

CASE {
  int fd = file_with("file", "short");
  char* memory = mmap(NULL, 3 * KX_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  NEED(memory != MAP_FAILED);
  SHOW(memory[10]);
  FAULT(memory + KX_PAGE, peek(memory + KX_PAGE));
  FAULT(memory + 2 * KX_PAGE + 7, poke(memory + 2 * KX_PAGE + 7, 1));
  SHOW(ftruncate(fd, 2 * KX_PAGE));
  SHOW(memory[KX_PAGE]);
  FAULT(memory + 2 * KX_PAGE, peek(memory + 2 * KX_PAGE));
  char* copy = mmap(NULL, 4 * KX_PAGE, PROT_READ, MAP_PRIVATE, fd, 0);
  NEED(copy != MAP_FAILED);
  FAULT(copy + 3 * KX_PAGE, peek(copy + 3 * KX_PAGE));
}
