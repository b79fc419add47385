// -z initfirst: that library's constructor runs before those of what it does not need: ld(1).
// library: ordinary
// library: hasty -Wl,-z,initfirst
// libs: -lordinary -lhasty
#include "library.h"

#if defined LIBRARY_ordinary || defined LIBRARY_hasty
#ifdef LIBRARY_hasty
#define NAME "hasty"
#else
#define NAME "ordinary"
#endif
__attribute__((constructor)) static void begin(void) {
  say("constructor of " NAME "\n");
}
#else
CASE {
  say("main\n");
}
#endif
