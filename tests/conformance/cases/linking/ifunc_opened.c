// Indirect functions of an opened library: whose resolver runs when, and that dlsym gives what it chose: GNU ifunc.
// library: chosen -Wl,-z,lazy
#include "library.h"

#ifdef LIBRARY_chosen
static int calls;
static int first(void) {
  return 1;
}
static int second(void) {
  return 2;
}
static void* resolve(void) {
  return calls++ ? (void*)second : (void*)first;
}
__attribute__((ifunc("resolve"))) int picked(void);
static int resolved_calls(void) {
  return calls;
}
int count(void) {
  return resolved_calls();
}
int call(void) {
  return picked();
}
#else
CASE {
  void* library = must_open("libchosen.so", RTLD_LAZY);
  int (*count)(void) = FUNCTION(int(void), library, "count");
  SHOW(count());
  SHOW(FUNCTION(int(void), library, "call")());
  SHOW(FUNCTION(int(void), library, "call")());
  SHOW(count());
  SHOW(FUNCTION(int(void), library, "picked")());
  SHOW(count());
}
#endif
