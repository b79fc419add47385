// getrandom fills buffers with changing bytes; flags and errors: getrandom(2).
// variants: static,musl
#include <sys/random.h>

#include "case.h"

CASE {
  unsigned char one[4096], two[4096];
  SHOW(getrandom(one, sizeof one, 0));
  SHOW(getrandom(two, sizeof two, GRND_NONBLOCK));
  CHECK(memcmp(one, two, sizeof one) != 0);
  int seen[256] = {0}, kinds = 0;
  for (int i = 0; i < 4096; i++) kinds += !seen[one[i]]++;
  CHECK(kinds > 200);
  SHOW(getrandom(one, 16, GRND_RANDOM));
  SHOW(getrandom(one, 0, 0));
  SHOW(getrandom(one, 16, 0x100));
  SHOW(getrandom((void*)8, 16, 0));
  SHOW(getentropy(one, 256));
  SHOW(getentropy(one, 257));
}
