// An unhandled SIGBUS ends the program with 128 + 7: signal(7).
#include "case.h"

CASE {
  int fd = file_with("file", "");
  char* memory = mmap(NULL, KX_PAGE, PROT_READ, MAP_SHARED, fd, 0);
  say("before\n");
  say("not reached %d\n", *(volatile char*)memory);
}
