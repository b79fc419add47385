// The number and block of a library's thread-local storage: dlinfo(3), RTLD_DI_TLS_MODID and RTLD_DI_TLS_DATA.
// library: local
// library: without
#include "library.h"

#if defined LIBRARY_local
__thread int mine = 5;
int* where(void) {
  return &mine;
}
#elif defined LIBRARY_without
int nothing = 1;
#else
CASE {
  void *local = must_open("liblocal.so", RTLD_NOW), *without = must_open("libwithout.so", RTLD_NOW);
  size_t number = 99;
  void* block = &number;
  SHOW(dlinfo(without, RTLD_DI_TLS_MODID, &number));
  SHOW(number);
  SHOW(dlinfo(local, RTLD_DI_TLS_MODID, &number));
  CHECK(number > 0);
  SHOW(dlinfo(local, RTLD_DI_TLS_DATA, &block));
  CHECK(block == NULL);
  int* mine = FUNCTION(int*(void), local, "where")();
  SHOW(dlinfo(local, RTLD_DI_TLS_DATA, &block));
  CHECK(block == mine);
  SHOW(*mine);
  CHECK(dlsym(local, "mine") == mine);
}
#endif
