// A library that wants more static storage than is left is refused, with what it needs: ELF TLS.
// library: greedy -ftls-model=initial-exec -DSIZE=1000000
// library: modest -ftls-model=initial-exec -DSIZE=64
#include "library.h"

#if defined LIBRARY_greedy || defined LIBRARY_modest
__thread char much[SIZE];
char* where(int index) {
  return &much[index];
}
#else
CASE {
  CHECK(dlopen("libgreedy.so", RTLD_NOW) == NULL);
  say("%s\n", last_part(dlerror()));
  CHECK(!is_mapped("/libgreedy.so"));
  void* modest = must_open("libmodest.so", RTLD_NOW);
  SHOW(*FUNCTION(char*(int), modest, "where")(63));
}
#endif
