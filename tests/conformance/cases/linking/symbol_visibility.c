// Protected symbols are not interposed inside their library, hidden ones not found outside: the System V ABI.
// library: guarded
// libs: -lguarded
// flags: -rdynamic
#include "library.h"

#ifdef LIBRARY_guarded
int open_to_all(void) {
  return 1;
}
__attribute__((visibility("protected"))) int guarded(void) {
  return 2;
}
__attribute__((visibility("hidden"))) int hidden(void) {
  return 3;
}
static int own(void) {
  return 4;
}
int all(void) {
  return open_to_all() * 1000 + guarded() * 100 + hidden() * 10 + own();
}
#else
int all(void);
int open_to_all(void) {
  return 5;
}
int guarded(void) {
  return 6;
}
int hidden(void) {
  return 7;
}

CASE {
  SHOW(all());
  SHOW(guarded());
  void* library = must_open("libguarded.so", RTLD_NOW);
  SHOW(FUNCTION(int(void), library, "guarded")());
  CHECK(dlsym(library, "hidden") == NULL);
  CHECK(dlsym(library, "own") == NULL);
}
#endif
