// An audit module that wants nothing of this version is not used, one that is not there is a complaint: rtld-audit(7).
// library: refuses
#if defined LIBRARY_refuses
#include "library.h"

unsigned la_version(unsigned version) {
  (void)version;
  say("la_version\n");
  return 0;
}
unsigned la_objopen(struct link_map* map, Lmid_t namespace, uintptr_t* cookie) {
  (void)map, (void)namespace, (void)cookie;
  say("not reached\n");
  return 0;
}
#else
#define KX_CASE_OWN_MAIN
#include "library.h"
#include "rerun.h"

CASE {
  char path[PATH_MAX + 20];
  snprintf(path, sizeof path, "./nothing.so:%s", library_path("refuses"));
  setenv("LD_AUDIT", path, 1);
  rerun("again", NULL);
}
AGAIN {
  say("main\n");
  return 0;
}
#endif
