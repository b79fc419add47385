// Many small mappings with alternating protections stay apart: mmap(2).
#include "case.h"

CASE {
  enum { COUNT = 2000 };
  static char* maps[COUNT];
  for (int i = 0; i < COUNT; i++) {
    maps[i] = mmap(NULL, KX_PAGE, i % 2 ? PROT_READ | PROT_WRITE : PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    NEED(maps[i] != MAP_FAILED);
    if (i % 2) *(int*)maps[i] = i;
  }
  long sum = 0;
  for (int i = 0; i < COUNT; i++) sum += *(int*)maps[i];
  SHOW(sum);
  int failures = 0;
  for (int i = 0; i < COUNT; i += 3) failures += munmap(maps[i], KX_PAGE) != 0;
  for (int i = 0; i < COUNT; i++)
    if (i % 3) failures += munmap(maps[i], KX_PAGE) != 0;
  SHOW(failures);
}
