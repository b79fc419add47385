// A variable that is nowhere is missed even by RTLD_LAZY: dlopen(3).
// library: hole -Wl,-z,lazy
#include "library.h"

#ifdef LIBRARY_hole
extern int nowhere_to_be_found;
int* where(void) {
  return &nowhere_to_be_found;
}
#else
CASE {
  CHECK(dlopen("libhole.so", RTLD_LAZY) == NULL);
  CHECK(strstr(dlerror(), "nowhere_to_be_found") != NULL);
  CHECK(dlerror() == NULL);
}
#endif
