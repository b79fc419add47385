// LD_BIND_NOW makes lazy libraries fail early; empty it does nothing: ld.so(8).
// library: gap -Wl,-z,lazy
#if defined LIBRARY_gap
int nowhere_to_be_found(void);
int call(void) {
  return nowhere_to_be_found();
}
#else
#define KX_CASE_OWN_MAIN
#include "library.h"
#include "rerun.h"

CASE {
  setenv("LD_BIND_NOW", "", 1);
  rerun("empty", NULL);
}
AGAIN {
  say("%s: %s\n", words[0], dlopen("libgap.so", RTLD_LAZY) ? "opened" : last_part(dlerror()));
  if (strcmp(words[0], "set") == 0) return 0;
  setenv("LD_BIND_NOW", "1", 1);
  rerun("set", NULL);
}
#endif
