// _r_debug shows a debugger the list of libraries, and whether it is being changed: <link.h>.
// library: seen
#include "library.h"

#ifdef LIBRARY_seen
__attribute__((constructor)) static void begin(void) {
  say("constructor: state %d\n", _r_debug.r_state);
}
#else
static int listed(void) {
  int count = 0;
  for (struct link_map* map = _r_debug.r_map; map; map = map->l_next) count += strstr(map->l_name, "libseen") != NULL;
  return count;
}

CASE {
  CHECK(_r_debug.r_version >= 1);
  CHECK(_r_debug.r_brk != 0 && _r_debug.r_ldbase != 0);
  SHOW(listed());
  void* library = must_open("libseen.so", RTLD_NOW);
  SHOW(listed());
  SHOW(_r_debug.r_state);
  SHOW(dlclose(library));
  SHOW(listed());
}
#endif
