// An indirect function is resolved once and called: the GNU ifunc extension.
// variants: static,static-pie,no-pie
#include "case.h"

static int chosen(int value) {
  return value * 3;
}

static int (*resolve(void))(int) {
  __builtin_cpu_init();
  return __builtin_cpu_supports("sse2") ? chosen : NULL;
}

__attribute__((ifunc("resolve"))) int triple(int value);

CASE {
  SHOW(triple(14));
  int (*volatile pointer)(int) = triple;
  SHOW(pointer(5));
}
