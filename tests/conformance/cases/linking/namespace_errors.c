// What dlmopen refuses: dlmopen(3).
// library: any
#include "library.h"

#ifdef LIBRARY_any
int any = 1;
#else
CASE {
  CHECK(dlmopen(12345, "libany.so", RTLD_NOW) == NULL);
  say("%s\n", last_part(dlerror()));
  CHECK(dlmopen(LM_ID_NEWLM, "libany.so", RTLD_NOW | RTLD_GLOBAL) == NULL);
  say("%s\n", last_part(dlerror()));
  CHECK(dlmopen(LM_ID_NEWLM, "libnothing.so", RTLD_NOW) == NULL);
  say("%s\n", last_part(dlerror()));
  CHECK(dlmopen(LM_ID_NEWLM, NULL, RTLD_NOW) == NULL);
  say("%s\n", last_part(dlerror()));
}
#endif
