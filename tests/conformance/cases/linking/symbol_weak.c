// Weak symbols: undefined they are NULL, defined the first one wins as if it were strong: ld.so(8).
// library: weak_one
// library: strong_one
// libs: -lweak_one -lstrong_one
#include "library.h"

#if defined LIBRARY_weak_one
__attribute__((weak)) const char* whose(void) {
  return "weak";
}
int optional(void) __attribute__((weak));
int has_optional(void) {
  return optional != NULL ? optional() : -7;
}
#elif defined LIBRARY_strong_one
const char* whose(void) {
  return "strong";
}
#else
const char* whose(void);
int has_optional(void);
int not_there(void) __attribute__((weak));

CASE {
  say("%s\n", whose());
  SHOW(has_optional());
  CHECK(not_there == NULL);
  CHECK(dlsym(RTLD_DEFAULT, "optional") == NULL);
}
#endif
