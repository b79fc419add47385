// Segments and variables with large alignments: 64 KiB, and 2 MiB: ld(1), -z max-page-size.
// library: medium -Wl,-z,max-page-size=0x10000 -DALIGNMENT=65536
// library: large -Wl,-z,max-page-size=0x200000 -DALIGNMENT=2097152
#include "library.h"

#ifdef ALIGNMENT
char aligned[64] __attribute__((aligned(ALIGNMENT))) = "aligned";
char zeros[100000];
const char text[] = "constant";
#else
static void show(const char* name, uintptr_t alignment) {
  void* library = must_open(name, RTLD_NOW);
  char *aligned = (char*)must_find(library, "aligned"), *zeros = (char*)must_find(library, "zeros");
  say("%s: off by %lu, '%s', '%s', %d\n", name, (unsigned long)((uintptr_t)aligned % alignment), aligned,
      (char*)must_find(library, "text"), zeros[99999]);
  aligned[0] = 'A', zeros[99999] = 1;
  SHOW(dlclose(library));
  CHECK(!is_mapped(last_part(library_path(name + 3))));
}

CASE {
  show("libmedium.so", 65536);
  show("liblarge.so", 2097152);
}
#endif
