// Symbols are found by either kind of hash table, with hundreds of names: ld(1), --hash-style.
// library: old -Wl,--hash-style=sysv
// library: gnu -Wl,--hash-style=gnu
// variants: musl
#include "library.h"

#define TEN(X, p) X(p##0) X(p##1) X(p##2) X(p##3) X(p##4) X(p##5) X(p##6) X(p##7) X(p##8) X(p##9)
#define HUNDRED(X) \
  TEN(X, f0) TEN(X, f1) TEN(X, f2) TEN(X, f3) TEN(X, f4) TEN(X, f5) TEN(X, f6) TEN(X, f7) TEN(X, f8) TEN(X, f9)
#if defined LIBRARY_old || defined LIBRARY_gnu
#define DEFINE(name)                            \
  int name(void) {                              \
    return #name[1] * 10 + #name[2] - '0' * 11; \
  }
HUNDRED(DEFINE)
#else
static int sum_of(void* library) {
  int sum = 0, missing = 0;
  for (int i = 0; i < 100; i++) {
    char name[8];
    snprintf(name, sizeof name, "f%02d", i);
    sum += FUNCTION(int(void), library, name)() * (i + 1);
    snprintf(name, sizeof name, "g%02d", i);
    missing += dlsym(library, name) == NULL;
  }
  NEED(missing == 100);
  return sum;
}

CASE {
  SHOW(sum_of(must_open("libold.so", RTLD_NOW)));
  SHOW(sum_of(must_open("libgnu.so", RTLD_NOW)));
}
#endif
