// A file renamed over a library's: the old goes on, the new is another library by another name: rename(2).
// library: old -DVALUE=1
// library: new -DVALUE=2
#include "library.h"

#ifdef VALUE
int value = VALUE;
int function(void) {
  return value * 10;
}
#else
static int ask(void* library) {
  return FUNCTION(int(void), library, "function")();
}

CASE {
  copy_library("old", "part.so");
  void* old = must_open("./part.so", RTLD_NOW);
  copy_library("new", "new.so");
  NEED(rename("new.so", "part.so") == 0);
  // The name is known already, so it is the old one.
  CHECK(dlopen("./part.so", RTLD_NOW) == old);
  void* new = must_open("././part.so", RTLD_NOW);
  CHECK(new != old);
  SHOW(ask(old));
  SHOW(ask(new));
  CHECK(is_mapped("/part.so") && is_mapped("/part.so (deleted)"));
  SHOW(dlclose(old));
  SHOW(dlclose(old));
  CHECK(!is_mapped("/part.so (deleted)"));
  SHOW(ask(new));
  SHOW(dlclose(new));
  SHOW(ask(must_open("./part.so", RTLD_NOW)));
}
#endif
