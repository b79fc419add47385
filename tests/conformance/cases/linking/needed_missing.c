// A library whose dependency is not there is not loaded either: dlopen(3).
// library: inner
// library: outer -linner
#include "library.h"

#if defined LIBRARY_inner
int inner(void) {
  return 1;
}
#elif defined LIBRARY_outer
int inner(void);
int outer(void) {
  return inner();
}
__attribute__((constructor)) static void begin(void) {
  say("constructor of outer\n");
}
#else
CASE {
  copy_library("outer", "outer.so");
  CHECK(dlopen("./outer.so", RTLD_NOW) == NULL);
  say("%s\n", dlerror());
  CHECK(!is_mapped("/outer.so"));
  void* inner = must_open("libinner.so", RTLD_NOW);
  void* outer = must_open("./outer.so", RTLD_NOW);
  SHOW(FUNCTION(int(void), outer, "outer")());
  SHOW(dlclose(inner));
  SHOW(FUNCTION(int(void), outer, "outer")());
}
#endif
