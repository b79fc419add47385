// Flags and handles that mean nothing: dlopen(3).
#include "library.h"

CASE {
  CHECK(dlopen("libm.so.6", 0) == NULL);
  say("%s\n", dlerror());
  CHECK(dlsym(RTLD_DEFAULT, "") == NULL);
  say("%s\n", last_part(dlerror()));
  CHECK(dlerror() == NULL);
  static int nothing[256];
  SHOW(dlclose(nothing));
  say("%s\n", dlerror());
  void* library = must_open("libm.so.6", RTLD_LAZY);
  void* value = NULL;
  SHOW(dlinfo(library, 99, &value));
  say("%s\n", dlerror());
  SHOW(dladdr(nothing, &(Dl_info){0}) != 0);
  SHOW(dladdr((void*)16, &(Dl_info){0}));
  CHECK(dlerror() == NULL);
}
