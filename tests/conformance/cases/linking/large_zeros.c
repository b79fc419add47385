// Much memory that begins as zero, after a page that is partly data: ELF.
// library: sparse
// variants: musl
#include "library.h"

#ifdef LIBRARY_sparse
char data[5000] = {1};
char zeros[40 << 20];
char* all(void) {
  return zeros;
}
#else
CASE {
  void* library = must_open("libsparse.so", RTLD_NOW);
  char *data = (char*)must_find(library, "data"), *zeros = (char*)must_find(library, "zeros");
  long sum = 0;
  for (long i = 0; i < 5000; i++) sum += data[i];
  for (long i = 0; i < 20000; i++) sum += zeros[i];
  for (long i = 0; i < 40 << 20; i += 65536) sum += zeros[i];
  SHOW(sum);
  memset(zeros + (20 << 20), 1, 8192);
  SHOW(zeros[(20 << 20) + 8191]);
  SHOW(zeros[(20 << 20) + 8192]);
}
#endif
