// A symbol may have the value NULL, which is no error: dlsym(3).
// library: absolute -Wl,--defsym,nothing=0 -Wl,--defsym,number=0x1234
#include "library.h"

#ifdef LIBRARY_absolute
int something = 1;
#else
CASE {
  void* library = must_open("libabsolute.so", RTLD_NOW);
  dlerror();
  CHECK(dlsym(library, "nothing") == NULL);
  CHECK(dlerror() == NULL);
  // An absolute symbol does not move with the library.
  CHECK(dlsym(library, "number") == (void*)0x1234);
  CHECK(dlsym(library, "missing") == NULL);
  CHECK(dlerror() != NULL);
}
#endif
