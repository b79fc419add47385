// RTLD_NOLOAD finds what is loaded and loads nothing: dlopen(3).
// library: quiet
#include "library.h"

#ifdef LIBRARY_quiet
int value = 7;
__attribute__((constructor)) static void begin(void) {
  say("constructor\n");
}
#else
CASE {
  CHECK(dlopen("libquiet.so", RTLD_NOW | RTLD_NOLOAD) == NULL);
  CHECK(dlerror() == NULL);
  CHECK(!is_mapped("/libquiet.so"));
  void* library = must_open("libquiet.so", RTLD_NOW);
  void* same = dlopen("libquiet.so", RTLD_NOW | RTLD_NOLOAD);
  CHECK(same == library);
  SHOW(dlclose(library));
  CHECK(is_mapped("/libquiet.so"));
  SHOW(*(int*)must_find(same, "value"));
  SHOW(dlclose(same));
  CHECK(dlopen("libquiet.so", RTLD_NOW | RTLD_NOLOAD) == NULL);
}
#endif
