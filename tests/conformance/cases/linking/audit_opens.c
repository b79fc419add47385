// A module of LD_AUDIT hears of every library, of beginnings and ends: rtld-audit(7).
// library: auditor
// library: opened
#if defined LIBRARY_auditor
#include "library.h"

unsigned la_version(unsigned version) {
  say("la_version: %s\n", version == LAV_CURRENT ? "current" : "other");
  return LAV_CURRENT;
}
unsigned la_objopen(struct link_map* map, Lmid_t namespace, uintptr_t* cookie) {
  say("la_objopen '%s', namespace %ld\n", last_part(map->l_name), namespace);
  *cookie = (uintptr_t)map;
  return 0;
}
void la_activity(uintptr_t* cookie, unsigned flag) {
  (void)cookie;
  say("la_activity %s\n", flag == LA_ACT_ADD ? "add" : flag == LA_ACT_DELETE ? "delete" : "consistent");
}
void la_preinit(uintptr_t* cookie) {
  (void)cookie;
  say("la_preinit\n");
}
unsigned la_objclose(uintptr_t* cookie) {
  say("la_objclose '%s'\n", last_part(((struct link_map*)*cookie)->l_name));
  return 0;
}
#elif defined LIBRARY_opened
int value = 1;
#else
#define KX_CASE_OWN_MAIN
#include "library.h"
#include "rerun.h"

CASE {
  setenv("LD_AUDIT", library_path("auditor"), 1);
  rerun("again", NULL);
}
AGAIN {
  say("main\n");
  void* library = must_open("libopened.so", RTLD_NOW);
  SHOW(dlclose(library));
  say("main ends\n");
  return 0;
}
#endif
