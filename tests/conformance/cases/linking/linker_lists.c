// LD_TRACE_LOADED_OBJECTS lists what a program needs, as ldd does, and does not run it: ld.so(8).
// library: part
// library: whole -lpart -Wl,-rpath,$ORIGIN
// libs: -lwhole
// marks: fork
#if defined LIBRARY_part || defined LIBRARY_whole
int anything = 1;
#else
#define KX_CASE_OWN_MAIN
#include "library.h"
#include "rerun.h"

CASE {
  int ends[2];
  NEED(pipe(ends) == 0);
  pid_t child;
  START(child) {
    NEED(dup2(ends[1], 1) == 1);
    setenv("LD_TRACE_LOADED_OBJECTS", "1", 1);
    rerun("again", NULL);
  }
  close(ends[1]);
  FILE* list = fdopen(ends[0], "r");
  char line[1000], name[1000];
  while (fgets(line, sizeof line, list))
    if (sscanf(line, " %999s", name) == 1 && !strstr(name, "vdso")) say("%s\n", last_part(name));
  reap("listing", child);
}
AGAIN {
  say("not reached\n");
  return 1;
}
#endif
