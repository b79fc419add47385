// A program of which a function is missing ends with status 127 before it begins, if bound at once: ld.so(8).
// library: full
// library: lacking
// libs: -lfull -Wl,-z,now
#if defined LIBRARY_full
int lacked(void) {
  return 1;
}
#elif defined LIBRARY_lacking
int other = 1;
#else
#define KX_CASE_OWN_MAIN
#include "library.h"
#include "rerun.h"

int lacked(void);

CASE {
  SHOW(lacked());
  copy_library("lacking", "libfull.so");
  setenv("LD_LIBRARY_PATH", ".", 1);
  rerun("again", NULL);
}
AGAIN {
  say("not reached\n");
  return 1;
}
#endif
