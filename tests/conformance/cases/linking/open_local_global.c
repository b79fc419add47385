// Symbols of a local library are its own; promoted to global, later libraries and RTLD_DEFAULT find them: dlopen(3).
// library: offers
// library: wants -Wl,-z,lazy
#include "library.h"

#if defined LIBRARY_offers
int offered(void) {
  return 42;
}
#elif defined LIBRARY_wants
int offered(void);
int ask(void) {
  return offered() + 1;
}
#else
CASE {
  void* offers = must_open("liboffers.so", RTLD_NOW | RTLD_LOCAL);
  CHECK(dlsym(RTLD_DEFAULT, "offered") == NULL);
  CHECK(dlopen("libwants.so", RTLD_NOW) == NULL);
  say("%s\n", last_part(dlerror()));
  void* promoted = must_open("liboffers.so", RTLD_NOW | RTLD_NOLOAD | RTLD_GLOBAL);
  CHECK(promoted == offers);
  CHECK(dlsym(RTLD_DEFAULT, "offered") == dlsym(offers, "offered"));
  void* wants = must_open("libwants.so", RTLD_NOW);
  SHOW(FUNCTION(int(void), wants, "ask")());
  SHOW(dlclose(offers));
  SHOW(dlclose(promoted));
  CHECK(is_mapped("/liboffers.so"));
  SHOW(FUNCTION(int(void), wants, "ask")());
  SHOW(dlclose(wants));
  // The program itself found a symbol of it by RTLD_DEFAULT, which ties them together.
  CHECK(is_mapped("/liboffers.so"));
}
#endif
