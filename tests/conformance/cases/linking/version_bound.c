// A user linked with the old library keeps calling the old version of the new one: the GNU symbol versions.
// library: old -Wl,-soname,libstory.so.1 -Wl,--version-script={here}/old_versions.map
// library: user -lold
// library: new -Wl,-soname,libstory.so.1 -Wl,--version-script={here}/versions.map
// library: newer_user -lnew
#include "library.h"

#if defined LIBRARY_old
int versioned(void) {
  return 1;
}
int only_first(void) {
  return 10;
}
#elif defined LIBRARY_new
__asm__(".symver versioned_1, versioned@KX_1\n.symver versioned_2, versioned@@KX_2");
int versioned_1(void) {
  return 100;
}
int versioned_2(void) {
  return 200;
}
int only_first(void) {
  return 1000;
}
int only_second(void) {
  return 2000;
}
#elif defined LIBRARY_user || defined LIBRARY_newer_user
int versioned(void);
int only_first(void);
int ask(void) {
  return versioned() + only_first();
}
#else
CASE {
  copy_library("new", "libstory.so.1");
  must_open("./libstory.so.1", RTLD_NOW);
  SHOW(FUNCTION(int(void), must_open("libuser.so", RTLD_NOW), "ask")());
  SHOW(FUNCTION(int(void), must_open("libnewer_user.so", RTLD_NOW), "ask")());
}
#endif
