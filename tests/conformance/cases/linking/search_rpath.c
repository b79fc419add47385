// DT_RPATH comes before LD_LIBRARY_PATH, DT_RUNPATH after it: ld.so(8).
// library: part -DVALUE=1
// library: part_elsewhere -DVALUE=2
// library: by_rpath -lpart -Wl,--disable-new-dtags,-rpath,$ORIGIN/mine
// library: by_runpath -lpart -Wl,--enable-new-dtags,-rpath,$ORIGIN/mine
#if defined VALUE
int part(void) {
  return VALUE;
}
#elif defined LIBRARY_by_rpath || defined LIBRARY_by_runpath
int part(void);
int ask(void) {
  return part();
}
#else
#define KX_CASE_OWN_MAIN
#include "library.h"
#include "rerun.h"

CASE {
  NEED(mkdir("mine", 0755) == 0 && mkdir("variable", 0755) == 0);
  copy_library("part", "mine/libpart.so");
  copy_library("part_elsewhere", "variable/libpart.so");
  copy_library("by_rpath", "by_rpath.so");
  copy_library("by_runpath", "by_runpath.so");
  setenv("LD_LIBRARY_PATH", "variable", 1);
  rerun("./by_rpath.so", NULL);
}
AGAIN {
  void* library = must_open(words[0], RTLD_NOW);
  say("%s: %d\n", words[0], FUNCTION(int(void), library, "ask")());
  if (strcmp(words[0], "./by_rpath.so") == 0) rerun("./by_runpath.so", "variable");
  if (!words[1]) return 0;
  unsetenv("LD_LIBRARY_PATH");
  rerun("./by_runpath.so", NULL);
}
#endif
