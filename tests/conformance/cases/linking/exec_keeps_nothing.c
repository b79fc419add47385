// What was opened is gone after execve, and the variables of the dynamic linker are read anew: execve(2), ld.so(8).
// library: extra
// library: asks -Wl,-z,lazy
#if defined LIBRARY_extra
int nowhere_else(void) {
  return 64;
}
#elif defined LIBRARY_asks
int nowhere_else(void);
int ask(void) {
  return nowhere_else();
}
#else
#define KX_CASE_OWN_MAIN
#include "library.h"
#include "rerun.h"

CASE {
  must_open("libextra.so", RTLD_NOW | RTLD_GLOBAL);
  SHOW(FUNCTION(int(void), must_open("libasks.so", RTLD_NOW), "ask")());
  setenv("LD_BIND_NOW", "1", 1);
  rerun("first", NULL);
}
AGAIN {
  CHECK(is_mapped("/libextra.so") == (strcmp(words[0], "second") == 0));
  void* asks = dlopen("libasks.so", RTLD_LAZY);
  if (asks)
    SHOW(FUNCTION(int(void), asks, "ask")());
  else
    say("%s\n", last_part(dlerror()));
  if (strcmp(words[0], "second") == 0) return 0;
  setenv("LD_PRELOAD", library_path("extra"), 1);
  rerun("second", NULL);
}
#endif
