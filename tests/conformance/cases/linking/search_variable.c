// LD_LIBRARY_PATH: colons and semicolons, empty parts that are this folder, folders that are not there: ld.so(8).
// library: part -DVALUE=1
// library: other -DVALUE=2
#if defined VALUE
int part(void) {
  return VALUE;
}
#else
#define KX_CASE_OWN_MAIN
#include "library.h"
#include "rerun.h"

static const char* const paths[] = {"/kx/nowhere:one:two", "two;one", "/kx/nowhere::one", "one/../two", ""};
enum { count = sizeof paths / sizeof *paths };

static void start(int index) {
  char text[8];
  snprintf(text, sizeof text, "%d", index);
  setenv("LD_LIBRARY_PATH", paths[index], 1);
  rerun(text, NULL);
}

CASE {
  NEED(mkdir("one", 0755) == 0 && mkdir("two", 0755) == 0);
  copy_library("part", "one/libpiece.so");
  copy_library("other", "two/libpiece.so");
  copy_library("other", "libpiece.so");
  start(0);
}
AGAIN {
  int index = atoi(words[0]);
  void* library = dlopen("libpiece.so", RTLD_NOW);
  if (library)
    say("'%s': %d from %s\n", paths[index], FUNCTION(int(void), library, "part")(),
        ((struct link_map*)library)->l_name);
  else
    say("'%s': %s\n", paths[index], dlerror());
  if (index + 1 < count) start(index + 1);
  return 0;
}
#endif
