// A private mapping of /dev/zero is anonymous memory; a shared one too: mmap(2), zero(4).
#include "case.h"

CASE {
  int fd = open("/dev/zero", O_RDWR);
  NEED(fd >= 0);
  char* memory = mmap(NULL, 2 * KX_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
  CHECK(memory != MAP_FAILED);
  SHOW(memory[0] + memory[2 * KX_PAGE - 1]);
  memory[9] = 3;
  SHOW(memory[9]);
  char* shared = mmap(NULL, KX_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  CHECK(shared != MAP_FAILED);
  shared[9] = 4;
  SHOW(shared[9] + memory[9]);
}
