// Calls straight through the offset table, without stubs: -fno-plt.
// library: taker
// libs: -ltaker
// flags: -fno-plt
// variants: no-pie,musl
#include "library.h"

#ifdef LIBRARY_taker
int take(int value) {
  return value * 4;
}
#else
int take(int value);
int missing(int value) __attribute__((weak));

CASE {
  SHOW(take(3));
  SHOW(abs(-4));
  CHECK(missing == NULL);
}
#endif
