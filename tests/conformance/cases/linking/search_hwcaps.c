// Folders for better processors are looked at first, as this one deserves: ld.so(8), glibc-hwcaps.
// library: plain -DVALUE=1
// library: second -DVALUE=2
// library: third -DVALUE=3
// library: fourth -DVALUE=4
#if defined VALUE
int level(void) {
  return VALUE;
}
#else
#define KX_CASE_OWN_MAIN
#include "library.h"
#include "rerun.h"

CASE {
  NEED(mkdir("glibc-hwcaps", 0755) == 0);
  copy_library("plain", "liblevel.so");
  static const char* const names[] = {"second", "third", "fourth"};
  for (int i = 0; i < 3; i++) {
    char path[100];
    snprintf(path, sizeof path, "glibc-hwcaps/x86-64-v%d", i + 2);
    NEED(mkdir(path, 0755) == 0);
    strcat(path, "/liblevel.so");
    copy_library(names[i], path);
  }
  setenv("LD_LIBRARY_PATH", ".", 1);
  rerun("again", NULL);
}
AGAIN {
  SHOW(FUNCTION(int(void), must_open("liblevel.so", RTLD_NOW), "level")());
  return 0;
}
#endif
