// A library whose file is deleted goes on, and is marked as deleted: proc(5).
// library: part
#include "library.h"

#ifdef LIBRARY_part
int value = 3;
int zeros[3000];
int function(void) {
  return value + zeros[2999];
}
#else
CASE {
  copy_library("part", "part.so");
  void* part = must_open("./part.so", RTLD_NOW);
  NEED(unlink("part.so") == 0);
  SHOW(FUNCTION(int(void), part, "function")());
  CHECK(is_mapped("/part.so (deleted)"));
  CHECK(dlopen("./part.so", RTLD_NOW) == part);
  CHECK(dlopen("././part.so", RTLD_NOW) == NULL);
  say("%s\n", dlerror());
  SHOW(FUNCTION(int(void), part, "function")());
  SHOW(dlclose(part));
  SHOW(dlclose(part));
  CHECK(!is_mapped("/part.so (deleted)"));
}
#endif
