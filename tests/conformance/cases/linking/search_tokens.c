// $ORIGIN, ${ORIGIN}, $LIB and $PLATFORM in paths of libraries and in dlopen: ld.so(8).
// library: part
// library: user -lpart -Wl,-rpath,/kx/$PLATFORM:${ORIGIN}/$LIB
#include "library.h"

#if defined LIBRARY_part
int part(void) {
  return 17;
}
#elif defined LIBRARY_user
int part(void);
int ask(void) {
  return part();
}
#else
CASE {
  NEED(mkdir("lib", 0755) == 0 && mkdir("lib/x86_64-linux-gnu", 0755) == 0 && mkdir("lib64", 0755) == 0);
  copy_library("part", "lib/x86_64-linux-gnu/libpart.so");
  copy_library("part", "lib64/libpart.so");
  copy_library("user", "user.so");
  SHOW(FUNCTION(int(void), must_open("./user.so", RTLD_NOW), "ask")());
  // Of the program, as it is the program that calls dlopen.
  void* part = dlopen("$ORIGIN/search_tokens.libs/libpart.so", RTLD_NOW);
  CHECK(part != NULL && part == dlopen(library_path("part"), RTLD_NOW | RTLD_NOLOAD));
  CHECK(dlopen("$NONSENSE/libpart.so", RTLD_NOW) == NULL);
  say("%s\n", dlerror());
}
#endif
