// A function that is nowhere: RTLD_NOW refuses it, RTLD_LAZY ends the program at the call: dlopen(3), ld.so(8).
// library: gap -Wl,-z,lazy
#include "library.h"

#ifdef LIBRARY_gap
int nowhere_to_be_found(void);
int fine(void) {
  return 1;
}
int falls(void) {
  return nowhere_to_be_found();
}
#else
CASE {
  CHECK(dlopen("libgap.so", RTLD_NOW) == NULL);
  say("%s\n", last_part(dlerror()));
  void* library = must_open("libgap.so", RTLD_LAZY);
  SHOW(FUNCTION(int(void), library, "fine")());
  FUNCTION(int(void), library, "falls")();
  say("not reached\n");
}
#endif
