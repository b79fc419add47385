// A static program opens libraries too, with a C library of theirs: dlopen(3).
// library: part
// flags: -static -Wl,-w
// libs: -ldl
#include "library.h"

#ifdef LIBRARY_part
#include <math.h>
int value = 5;
int length(const char* text) {
  return (int)strlen(text) + value;
}
#else
CASE {
  void* part = must_open(library_path("part"), RTLD_NOW);
  SHOW(FUNCTION(int(const char*), part, "length")("four"));
  void* math = must_open("libm.so.6", RTLD_NOW);
  say("%.4f\n", FUNCTION(double(double), math, "sqrt")(2));
  CHECK(is_mapped("/libpart.so"));
  SHOW(dlclose(part));
  CHECK(!is_mapped("/libpart.so"));
  CHECK(dlopen("./nothing.so", RTLD_NOW) == NULL);
  say("%s\n", dlerror());
}
#endif
