// Two versions of a function in one library: dlsym gives the default, dlvsym what is asked for: dlvsym(3).
// library: story -Wl,--version-script={here}/versions.map
#include "library.h"

#ifdef LIBRARY_story
__asm__(".symver versioned_1, versioned@KX_1\n.symver versioned_2, versioned@@KX_2");
int versioned_1(void) {
  return 1;
}
int versioned_2(void) {
  return 2;
}
int only_first(void) {
  return 10;
}
int only_second(void) {
  return 20;
}
int unlisted(void) {
  return 30;
}
#else
CASE {
  void* library = must_open("libstory.so", RTLD_NOW);
  SHOW(FUNCTION(int(void), library, "versioned")());
  SHOW(((int (*)(void))dlvsym(library, "versioned", "KX_1"))());
  SHOW(((int (*)(void))dlvsym(library, "versioned", "KX_2"))());
  SHOW(((int (*)(void))dlvsym(library, "only_first", "KX_1"))());
  CHECK(dlvsym(library, "only_first", "KX_2") == NULL);
  say("%s\n", last_part(dlerror()));
  CHECK(dlvsym(library, "versioned", "KX_3") == NULL);
  say("%s\n", last_part(dlerror()));
  CHECK(dlsym(library, "unlisted") == NULL);
  say("%s\n", last_part(dlerror()));
  CHECK(dlvsym(RTLD_DEFAULT, "memcpy", "GLIBC_2.14") != NULL);
  CHECK(dlvsym(RTLD_DEFAULT, "memcpy", "GLIBC_9.9") == NULL);
}
#endif
