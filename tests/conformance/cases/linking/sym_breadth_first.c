// A handle's symbols are sought breadth first in what it needs: dlsym(3).
// library: deepest -DVALUE=3 -DBOTH=30
// library: left -ldeepest -DLEFT
// library: right -DVALUE=2
// library: top -lleft -lright
#include "library.h"

#if defined LIBRARY_deepest || defined LIBRARY_right
int value(void) {
  return VALUE;
}
#ifdef BOTH
int only_deepest(void) {
  return BOTH;
}
#endif
#elif defined LIBRARY_left || defined LIBRARY_top
int only_deepest(void);
int own(void) {
  return 1;
}
#else
CASE {
  // Those that are needed are found as they are loaded already.
  must_open("libdeepest.so", RTLD_NOW);
  void* left = must_open("libleft.so", RTLD_NOW);
  must_open("libright.so", RTLD_NOW);
  void* top = must_open("libtop.so", RTLD_NOW);
  SHOW(FUNCTION(int(void), left, "value")());
  SHOW(FUNCTION(int(void), top, "value")());
  SHOW(FUNCTION(int(void), top, "only_deepest")());
  CHECK(must_find(top, "own") != must_find(left, "own"));
}
#endif
