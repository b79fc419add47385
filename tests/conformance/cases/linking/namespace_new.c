// dlmopen loads another copy of a library, with all it needs, into a namespace of its own: dlmopen(3).
// library: state
#include "library.h"

#ifdef LIBRARY_state
int state = 1;
int next(void) {
  return state++;
}
__attribute__((destructor)) static void end(void) {
  say("destructor, state %d\n", state);
}
#else
CASE {
  void* base = must_open("libstate.so", RTLD_NOW);
  void* other = dlmopen(LM_ID_NEWLM, "libstate.so", RTLD_NOW);
  CHECK(other != NULL && other != base);
  SHOW(FUNCTION(int(void), base, "next")());
  SHOW(FUNCTION(int(void), base, "next")());
  SHOW(FUNCTION(int(void), other, "next")());
  CHECK(must_find(base, "state") != must_find(other, "state"));
  Lmid_t base_id = 9, other_id = 9, loader_id;
  SHOW(dlinfo(base, RTLD_DI_LMID, &base_id));
  SHOW(dlinfo(other, RTLD_DI_LMID, &other_id));
  SHOW(base_id);
  SHOW(other_id);
  // The dynamic linker is common to all.
  void* libc = dlmopen(other_id, "libc.so.6", RTLD_NOW);
  CHECK(libc != NULL && dlsym(libc, "malloc") != dlsym(RTLD_DEFAULT, "malloc"));
  void* loader = dlmopen(other_id, "ld-linux-x86-64.so.2", RTLD_NOW);
  SHOW(dlinfo(loader, RTLD_DI_LMID, &loader_id));
  CHECK(dlmopen(other_id, "libstate.so", RTLD_NOW) == other);
  CHECK(dlmopen(LM_ID_BASE, "libstate.so", RTLD_NOW) == base);
  SHOW(dlclose(other));
  SHOW(dlclose(other));
  SHOW(FUNCTION(int(void), base, "next")());
}
#endif
