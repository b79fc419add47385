// A library is loaded once and counted: constructors at the first dlopen, destructors at the last dlclose: dlopen(3).
// library: counted
#include "library.h"

#ifdef LIBRARY_counted
int calls;
int call(void) {
  return ++calls;
}
__attribute__((constructor)) static void begin(void) {
  say("constructor\n");
}
__attribute__((destructor)) static void end(void) {
  say("destructor after %d calls\n", calls);
}
#else
CASE {
  void* first = must_open("libcounted.so", RTLD_NOW);
  SHOW(FUNCTION(int(void), first, "call")());
  void* second = must_open("libcounted.so", RTLD_LAZY);
  CHECK(first == second);
  SHOW(FUNCTION(int(void), second, "call")());
  void* third = must_open(library_path("counted"), RTLD_NOW);
  CHECK(first == third);
  SHOW(dlclose(first));
  SHOW(dlclose(second));
  SHOW(FUNCTION(int(void), third, "call")());
  CHECK(is_mapped("/libcounted.so"));
  SHOW(dlclose(third));
  CHECK(!is_mapped("/libcounted.so"));
  void* again = must_open("libcounted.so", RTLD_NOW);
  SHOW(FUNCTION(int(void), again, "call")());
  say("main ends\n");
}
#endif
