// Libraries that end early: in the header, the program headers, the first segment: dlopen(3).
// library: whole
#include "library.h"

#ifdef LIBRARY_whole
int value = 1;
#else
static void try(size_t size) {
  copy_part(library_path("whole"), "part.so", size);
  void* library = dlopen("./part.so", RTLD_NOW);
  say("%zu bytes: %s\n", size, library ? "opened" : dlerror());
  NEED(unlink("part.so") == 0);
}

CASE {
  try(0);
  try(1);
  try(16);
  try(63);
  try(64);
  try(64 + 56);
  CHECK(!is_mapped("part.so"));
}
#endif
