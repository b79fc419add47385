// A shared mapping of /dev/zero is common to relatives, two of them are not the same: mmap(2).
// marks: fork
#include "relatives.h"

CASE {
  int fd = open("/dev/zero", O_RDWR);
  char* first = mmap(NULL, KX_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  char* second = mmap(NULL, KX_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  NEED(first != MAP_FAILED && second != MAP_FAILED);
  pid_t child;
  START(child) strcpy(first, "child");
  reap("child", child);
  say("[%s] [%s]\n", first, second);
}
