// dladdr and dladdr1 say which library, which symbol, which entry of its table: dladdr(3).
// library: named
#include "library.h"

#ifdef LIBRARY_named
int numbers[16] = {1};
static __attribute__((noinline)) int quiet(int value) {
  return value * 3;
}
__attribute__((aligned(64))) int loud(int value) {
  return quiet(value) + 1;
}
#else
CASE {
  void* library = must_open("libnamed.so", RTLD_NOW);
  Dl_info info;
  char* loud = (char*)must_find(library, "loud");
  CHECK(dladdr(loud + 1, &info) != 0);
  say("%s %s\n", last_part(info.dli_fname), info.dli_sname);
  CHECK(info.dli_saddr == loud);
  CHECK(memcmp(info.dli_fbase, "\177ELF", 4) == 0);

  ElfW(Sym)* symbol = NULL;
  char* numbers = (char*)must_find(library, "numbers");
  CHECK(dladdr1(numbers + 8, &info, (void**)&symbol, RTLD_DL_SYMENT) != 0);
  say("%s, %lu bytes, type %d, binding %d\n", info.dli_sname, symbol->st_size, ELF64_ST_TYPE(symbol->st_info),
      ELF64_ST_BIND(symbol->st_info));
  struct link_map* map = NULL;
  CHECK(dladdr1(loud, &info, (void**)&map, RTLD_DL_LINKMAP) != 0);
  CHECK(map == library);
  say("%s\n", last_part(map->l_name));
  CHECK(map->l_addr == (ElfW(Addr))info.dli_fbase);
  // Between the segments' ends and other libraries there is nobody.
  CHECK(dladdr(info.dli_fbase, &info) != 0 && info.dli_sname == NULL && info.dli_saddr == NULL);
  int on_stack;
  SHOW(dladdr(&on_stack, &info));
}
#endif
