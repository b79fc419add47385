// Two shared mappings of one memfd are the same memory; a private one is not: memfd_create(2).
#include "case.h"

CASE {
  int fd = memfd_create("shared", MFD_CLOEXEC);
  NEED(fd >= 0);
  SHOW(ftruncate(fd, 4 * KX_PAGE));
  int* one = mmap(NULL, 4 * KX_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  int* two = mmap(NULL, 4 * KX_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  int* copy = mmap(NULL, 4 * KX_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
  NEED(one != MAP_FAILED && two != MAP_FAILED && copy != MAP_FAILED);
  one[1000] = 5;
  SHOW(two[1000]);
  copy[1000] = 6;
  SHOW(two[1000] + copy[1000]);
  int value = 0;
  SHOW(pread(fd, &value, sizeof value, 4000));
  SHOW(value);
}
