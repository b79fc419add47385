// A library linked with -z now is bound at once, however it is opened: ld(1).
// library: strict -Wl,-z,now
#include "library.h"

#ifdef LIBRARY_strict
int nowhere_to_be_found(void);
int call(void) {
  return nowhere_to_be_found();
}
#else
CASE {
  CHECK(dlopen("libstrict.so", RTLD_LAZY) == NULL);
  say("%s\n", last_part(dlerror()));
}
#endif
