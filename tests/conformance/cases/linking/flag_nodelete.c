// -z nodelete in the library does what RTLD_NODELETE does: ld(1).
// library: stays -Wl,-z,nodelete
#include "library.h"

#ifdef LIBRARY_stays
int value = 3;
#else
CASE {
  void* library = must_open("libstays.so", RTLD_NOW);
  int* value = (int*)must_find(library, "value");
  *value = 4;
  SHOW(dlclose(library));
  CHECK(is_mapped("/libstays.so"));
  SHOW(*value);
}
#endif
