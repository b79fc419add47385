// A library need not be executable, only readable, and may be sealed against writing: dlopen(3).
// library: part
#include "library.h"

#ifdef LIBRARY_part
int function(void) {
  return 4;
}
#else
CASE {
  copy_library("part", "part.so");
  NEED(chmod("part.so", 0400) == 0);
  SHOW(FUNCTION(int(void), must_open("./part.so", RTLD_NOW), "function")());
  int memory = memfd_create("library", MFD_ALLOW_SEALING);
  char path[64];
  snprintf(path, sizeof path, "/proc/self/fd/%d", memory);
  copy_library("part", path);
  SHOW(fcntl(memory, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL));
  SHOW(FUNCTION(int(void), must_open(path, RTLD_NOW), "function")());
}
#endif
