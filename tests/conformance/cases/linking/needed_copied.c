// A needed library is known by its soname: what lies at LD_LIBRARY_PATH replaces that of the run path: ld.so(8).
// library: first -Wl,-soname,libpart.so.1 -DPART=1
// library: second -Wl,-soname,libpart.so.1 -DPART=2
// library: user -lfirst
#if defined PART
int part(void) {
  return PART;
}
#elif defined LIBRARY_user
int part(void);
int ask(void) {
  return part() * 10;
}
#else
#define KX_CASE_OWN_MAIN
#include "library.h"
#include "rerun.h"

CASE {
  NEED(mkdir("one", 0755) == 0 && mkdir("two", 0755) == 0);
  copy_library("first", "one/libpart.so.1");
  copy_library("second", "two/libpart.so.1");
  setenv("LD_LIBRARY_PATH", "two:one", 1);
  rerun("again", NULL);
}
AGAIN {
  void* user = must_open("libuser.so", RTLD_NOW);
  SHOW(FUNCTION(int(void), user, "ask")());
  void* other = must_open(library_path("first"), RTLD_NOW);
  SHOW(FUNCTION(int(void), other, "part")());
  // It is the file that makes a library, the name only finds it.
  void* same = must_open("two/libpart.so.1", RTLD_NOW);
  CHECK(same == dlopen("libpart.so.1", RTLD_NOW));
  CHECK(same != other);
  return 0;
}
#endif
