// It is the file that counts: a symbolic link and a hard link are the same library, a copy is another: dlopen(3).
// library: part
// variants: musl
#include "library.h"

#ifdef LIBRARY_part
int value = 1;
#else
CASE {
  copy_library("part", "part.so");
  copy_library("part", "copy.so");
  NEED(symlink("part.so", "symbolic.so") == 0 && link("part.so", "hard.so") == 0);
  void* part = must_open("./part.so", RTLD_NOW);
  CHECK(dlopen("./symbolic.so", RTLD_NOW) == part);
  CHECK(dlopen("./hard.so", RTLD_NOW) == part);
  CHECK(dlopen("./../././part.so", RTLD_NOW) == NULL);
  void* copy = must_open("./copy.so", RTLD_NOW);
  CHECK(copy != part);
  CHECK(must_find(copy, "value") != must_find(part, "value"));
  CHECK(is_mapped("/part.so") && is_mapped("/copy.so") && !is_mapped("/symbolic.so") && !is_mapped("/hard.so"));
}
#endif
