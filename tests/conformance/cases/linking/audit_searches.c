// An audit module watches the search for a library and sends it elsewhere: rtld-audit(7), la_objsearch.
// library: auditor
// library: real
#if defined LIBRARY_auditor
#include "library.h"

unsigned la_version(unsigned version) {
  return version;
}
char* la_objsearch(const char* name, uintptr_t* cookie, unsigned flag) {
  (void)cookie;
  if (strstr(name, "imagined") == NULL) return (char*)name;
  say("la_objsearch %s, flag %x\n", last_part(name), flag);
  return flag == LA_SER_ORIG ? (char*)"libreal.so" : (char*)name;
}
#elif defined LIBRARY_real
int real(void) {
  return 99;
}
#else
#define KX_CASE_OWN_MAIN
#include "library.h"
#include "rerun.h"

CASE {
  setenv("LD_AUDIT", library_path("auditor"), 1);
  rerun("again", NULL);
}
AGAIN {
  void* library = must_open("libimagined.so", RTLD_NOW);
  SHOW(FUNCTION(int(void), library, "real")());
  return 0;
}
#endif
