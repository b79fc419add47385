// A constructor opens another library, and a destructor closes it: dlopen(3).
// library: inner
// library: outer -Wl,-rpath,$ORIGIN
// variants: musl
#include "library.h"

#if defined LIBRARY_inner
int inner(void) {
  return 8;
}
__attribute__((constructor)) static void begin(void) {
  say("constructor of inner\n");
}
__attribute__((destructor)) static void end(void) {
  say("destructor of inner\n");
}
#elif defined LIBRARY_outer
static void* handle_of_inner;
__attribute__((constructor)) static void begin(void) {
  say("constructor of outer\n");
  handle_of_inner = must_open("libinner.so", RTLD_NOW);
  say("inner says %d\n", FUNCTION(int(void), handle_of_inner, "inner")());
}
__attribute__((destructor)) static void end(void) {
  say("destructor of outer\n");
  SHOW(dlclose(handle_of_inner));
}
#else
CASE {
  void* outer = must_open("libouter.so", RTLD_NOW);
  say("opened\n");
  SHOW(dlclose(outer));
  say("closed\n");
}
#endif
