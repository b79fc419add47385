// With RTLD_DEEPBIND a library prefers its own symbols to the program's: dlopen(3).
// library: deep
// flags: -rdynamic
#include "library.h"

#if defined LIBRARY_deep
const char* whose(void) {
  return "the library's";
}
const char* ask(void) {
  return whose();
}
#else
const char* whose(void) {
  return "the program's";
}

CASE {
  void* library = must_open("libdeep.so", RTLD_NOW);
  say("plain: %s\n", FUNCTION(const char*(void), library, "ask")());
  SHOW(dlclose(library));
  library = must_open("libdeep.so", RTLD_NOW | RTLD_DEEPBIND);
  say("deep: %s\n", FUNCTION(const char*(void), library, "ask")());
}
#endif
