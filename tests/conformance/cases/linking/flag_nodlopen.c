// -z nodlopen: the library can be needed, not opened: ld(1).
// library: shy -Wl,-z,nodlopen
#include "library.h"

#ifdef LIBRARY_shy
int value = 3;
#else
CASE {
  CHECK(dlopen("libshy.so", RTLD_NOW) == NULL);
  say("%s\n", last_part(dlerror()));
  CHECK(!is_mapped("/libshy.so"));
}
#endif
