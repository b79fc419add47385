// The list of libraries goes from the program in the order they were loaded: dlinfo(3), RTLD_DI_LINKMAP.
// library: inner
// library: outer -linner -Wl,-rpath,$ORIGIN
#include "library.h"

#if defined LIBRARY_inner
int inner = 1;
#elif defined LIBRARY_outer
extern int inner;
int* outer(void) {
  return &inner;
}
#else
static void show_list(struct link_map* map) {
  while (map->l_prev) map = map->l_prev;
  for (; map; map = map->l_next) {
    if (strstr(map->l_name, "vdso")) continue;
    say("  '%s'%s\n", last_part(map->l_name), map->l_next && map->l_next->l_prev != map ? " BROKEN" : "");
    CHECK(map->l_ld != NULL);
  }
}

CASE {
  void* library = must_open("libouter.so", RTLD_NOW);
  struct link_map* map;
  SHOW(dlinfo(library, RTLD_DI_LINKMAP, &map));
  show_list(map);
  CHECK((void*)map == library);
  SHOW(dlclose(library));
  SHOW(dlinfo(dlopen(NULL, RTLD_NOW), RTLD_DI_LINKMAP, &map));
  CHECK(map->l_prev == NULL);
  show_list(map);
}
#endif
