// LD_PRELOAD reaches only who inherits it: an emptied environment loads nothing: ld.so(8).
// library: extra
// marks: fork
#if defined LIBRARY_extra
int extra = 1;
#else
#define KX_CASE_OWN_MAIN
#include "library.h"
#include "rerun.h"

CASE {
  setenv("LD_PRELOAD", library_path("extra"), 1);
  rerun("first", NULL);
}
AGAIN {
  say("%s: %s\n", words[0], is_mapped("/libextra.so") ? "loaded" : "not loaded");
  if (strcmp(words[0], "first") != 0) return 0;
  pid_t child;
  START(child) rerun("child", NULL);
  reap("child", child);
  unsetenv("LD_PRELOAD");
  rerun("without", NULL);
}
#endif
