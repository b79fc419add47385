// Libraries that need each other are constructed all the same: ld.so(8).
// library: hen -Wl,-soname,libhen.so -DFIRST
// library: egg -Wl,-soname,libegg.so -lhen -Wl,-rpath,$ORIGIN
// library: closed_hen -Wl,-soname,libhen.so -legg -Wl,-rpath,$ORIGIN
#include "library.h"

#if defined LIBRARY_hen
int hen(void) {
  return 1;
}
#elif defined LIBRARY_closed_hen
int egg(void);
int hen(void) {
  return 1;
}
int both(void) {
  return egg() + 100;
}
__attribute__((constructor)) static void begin(void) {
  say("constructor of hen\n");
}
#elif defined LIBRARY_egg
int hen(void);
int egg(void) {
  return hen() + 10;
}
__attribute__((constructor)) static void begin(void) {
  say("constructor of egg\n");
}
#else
CASE {
  copy_library("closed_hen", "libhen.so");
  copy_library("egg", "libegg.so");
  void* hen = must_open("./libhen.so", RTLD_NOW);
  SHOW(FUNCTION(int(void), hen, "both")());
  SHOW(dlclose(hen));
  CHECK(!is_mapped("/libhen.so") && !is_mapped("/libegg.so"));
  void* egg = must_open("./libegg.so", RTLD_NOW);
  SHOW(FUNCTION(int(void), egg, "egg")());
}
#endif
