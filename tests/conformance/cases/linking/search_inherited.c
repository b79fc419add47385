// DT_RPATH counts for what the needed libraries need, DT_RUNPATH does not: ld.so(8).
// library: deep
// library: middle -ldeep
// library: by_rpath -lmiddle -Wl,--disable-new-dtags,-rpath,$ORIGIN/mine
// library: by_runpath -lmiddle -Wl,--enable-new-dtags,-rpath,$ORIGIN/mine
#include "library.h"

#if defined LIBRARY_deep
int deep(void) {
  return 6;
}
#elif defined LIBRARY_middle
int deep(void);
int middle(void) {
  return deep() * 2;
}
#elif defined LIBRARY_by_rpath || defined LIBRARY_by_runpath
int middle(void);
int ask(void) {
  return middle() + 1;
}
#else
CASE {
  NEED(mkdir("mine", 0755) == 0);
  copy_library("deep", "mine/libdeep.so");
  copy_library("middle", "mine/libmiddle.so");
  copy_library("by_rpath", "by_rpath.so");
  copy_library("by_runpath", "by_runpath.so");
  CHECK(dlopen("./by_runpath.so", RTLD_NOW) == NULL);
  say("%s\n", dlerror());
  SHOW(FUNCTION(int(void), must_open("./by_rpath.so", RTLD_NOW), "ask")());
  SHOW(FUNCTION(int(void), must_open("./by_runpath.so", RTLD_NOW), "ask")());
}
#endif
