// A library opened with RTLD_NODELETE stays, with its data, and is destructed at the end: dlopen(3).
// library: keeper
#include "library.h"

#ifdef LIBRARY_keeper
int value = 1;
__attribute__((destructor)) static void end(void) {
  say("destructor, value %d\n", value);
}
#else
CASE {
  void* library = must_open("libkeeper.so", RTLD_NOW | RTLD_NODELETE);
  int* value = (int*)must_find(library, "value");
  *value = 5;
  SHOW(dlclose(library));
  SHOW(*value);
  CHECK(is_mapped("/libkeeper.so"));
  library = must_open("libkeeper.so", RTLD_NOW);
  CHECK(must_find(library, "value") == value);
  SHOW(*value);
  SHOW(dlclose(library));
  say("main ends\n");
}
#endif
