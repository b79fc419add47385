// An audit module sees symbols as they are bound and puts another function in one's place: rtld-audit(7), la_symbind64.
// library: auditor
// library: asked
// library: asking -Wl,-z,lazy -lasked -Wl,-rpath,$ORIGIN
// libs: -lasking
#if defined LIBRARY_auditor
#include "library.h"

unsigned la_version(unsigned version) {
  return version;
}
unsigned la_objopen(struct link_map* map, Lmid_t namespace, uintptr_t* cookie) {
  (void)namespace, (void)cookie;
  return strstr(map->l_name, "libask") ? LA_FLG_BINDTO | LA_FLG_BINDFROM : 0;
}
static int instead(int value) {
  return value + 500;
}
uintptr_t la_symbind64(Elf64_Sym* symbol, unsigned index, uintptr_t* from, uintptr_t* to, unsigned* flags,
                       const char* name) {
  (void)index, (void)from, (void)to, (void)flags;
  say("la_symbind64 %s\n", name);
  return strcmp(name, "replaced") == 0 ? (uintptr_t)instead : symbol->st_value;
}
#elif defined LIBRARY_asked
int kept(int value) {
  return value + 1;
}
int replaced(int value) {
  return value + 2;
}
#elif defined LIBRARY_asking
int kept(int value);
int replaced(int value);
int ask(int value) {
  return kept(value) * 1000 + replaced(value);
}
#else
#define KX_CASE_OWN_MAIN
#include "library.h"
#include "rerun.h"

int ask(int value);

CASE {
  SHOW(ask(1));
  setenv("LD_AUDIT", library_path("auditor"), 1);
  rerun("again", NULL);
}
AGAIN {
  SHOW(ask(1));
  SHOW(ask(2));
  return 0;
}
#endif
