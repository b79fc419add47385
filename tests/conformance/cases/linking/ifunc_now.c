// With immediate binding resolvers run as the library is relocated, before its constructors: GNU ifunc, LD_BIND_NOW.
// library: chosen
#if defined LIBRARY_chosen
#include "library.h"

int calls;
static int answer(void) {
  return 42;
}
static void* resolve(void) {
  calls++;
  return (void*)answer;
}
__attribute__((ifunc("resolve"))) int picked(void);
int call(void) {
  return picked();
}
__attribute__((constructor)) static void begin(void) {
  say("resolved %d\n", calls);
}
#else
#define KX_CASE_OWN_MAIN
#include "library.h"
#include "rerun.h"

CASE {
  void* library = must_open("libchosen.so", RTLD_NOW);
  SHOW(FUNCTION(int(void), library, "call")());
  setenv("LD_BIND_NOW", "1", 1);
  rerun("again", NULL);
}
AGAIN {
  void* library = must_open("libchosen.so", RTLD_LAZY);
  SHOW(FUNCTION(int(void), library, "call")());
  return 0;
}
#endif
