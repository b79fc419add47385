// A weak function that was undefined at the opening stays so, and is found by a library opened later: dlopen(3).
// library: asks -Wl,-z,now
// library: gives
#include "library.h"

#if defined LIBRARY_asks
int optional(void) __attribute__((weak));
int ask(void) {
  return optional ? optional() : 0;
}
#elif defined LIBRARY_gives
int optional(void) {
  return 9;
}
#else
CASE {
  void* asks = must_open("libasks.so", RTLD_NOW);
  SHOW(FUNCTION(int(void), asks, "ask")());
  must_open("libgives.so", RTLD_NOW | RTLD_GLOBAL);
  SHOW(FUNCTION(int(void), asks, "ask")());
  SHOW(dlclose(asks));
  asks = must_open("libasks.so", RTLD_NOW);
  SHOW(FUNCTION(int(void), asks, "ask")());
}
#endif
