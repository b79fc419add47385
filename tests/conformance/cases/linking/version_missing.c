// A library that lacks the version a user was linked with is refused: ld.so(8).
// library: old -Wl,-soname,libstory.so.1 -Wl,--version-script={here}/old_versions.map
// library: new -Wl,-soname,libstory.so.1 -Wl,--version-script={here}/versions.map
// library: user -lnew
#include "library.h"

#if defined LIBRARY_old
int versioned(void) {
  return 1;
}
#elif defined LIBRARY_new
__asm__(".symver versioned_2, versioned@@KX_2");
int versioned_2(void) {
  return 2;
}
#elif defined LIBRARY_user
int versioned(void);
int ask(void) {
  return versioned();
}
#else
CASE {
  copy_library("old", "libstory.so.1");
  copy_library("user", "libuser.so");
  void* old = must_open("./libstory.so.1", RTLD_NOW);
  CHECK(dlopen("./libuser.so", RTLD_LAZY) == NULL);
  say("%s\n", dlerror());
  SHOW(dlclose(old));
  copy_library("new", "libnew.so");
  must_open("./libnew.so", RTLD_NOW);
  SHOW(FUNCTION(int(void), must_open("./libuser.so", RTLD_NOW), "ask")());
}
#endif
