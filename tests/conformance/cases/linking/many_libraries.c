// A hundred libraries at a time, each its own, closed in another order: dlopen(3).
// library: small
#include "library.h"

#ifdef LIBRARY_small
int value = 1;
int next(int step) {
  return value += step;
}
#else
CASE {
  enum { count = 100 };
  void* libraries[count];
  long sum = 0;
  for (int i = 0; i < count; i++) {
    char name[32];
    snprintf(name, sizeof name, "./copy%d.so", i);
    copy_library("small", name);
    libraries[i] = must_open(name, RTLD_NOW);
    FUNCTION(int(int), libraries[i], "next")(i);
  }
  for (int i = 0; i < count; i++) sum += FUNCTION(int(int), libraries[i], "next")(0);
  SHOW(sum);
  for (int i = 0; i < count; i++) NEED(dlclose(libraries[i * 37 % count]) == 0);
  CHECK(!is_mapped("/copy0.so") && !is_mapped("/copy63.so"));
}
#endif
