// An audit module sees calls between libraries, with arguments and results: rtld-audit(7), la_x86_64_gnu_pltenter.
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
Elf64_Addr la_x86_64_gnu_pltenter(Elf64_Sym* symbol, unsigned index, uintptr_t* from, uintptr_t* to,
                                  La_x86_64_regs* regs, unsigned* flags, const char* name, long* frame_size) {
  (void)index, (void)from, (void)to, (void)flags;
  say("enters %s with %ld %ld\n", name, (long)regs->lr_rdi, (long)regs->lr_rsi);
  *frame_size = 64;
  return symbol->st_value;
}
unsigned la_x86_64_gnu_pltexit(Elf64_Sym* symbol, unsigned index, uintptr_t* from, uintptr_t* to,
                               const La_x86_64_regs* in, La_x86_64_retval* out, const char* name) {
  (void)symbol, (void)index, (void)from, (void)to, (void)in;
  say("leaves %s with %ld\n", name, (long)out->lrv_rax);
  return 0;
}
#elif defined LIBRARY_asked
long add(long a, long b) {
  return a + b;
}
#elif defined LIBRARY_asking
long add(long a, long b);
long ask(long value) {
  return add(value, 10) * 2;
}
#else
#define KX_CASE_OWN_MAIN
#include "library.h"
#include "rerun.h"

long ask(long value);

CASE {
  setenv("LD_AUDIT", library_path("auditor"), 1);
  rerun("again", NULL);
}
AGAIN {
  SHOW(ask(1));
  SHOW(ask(2));
  return 0;
}
#endif
