// A large zero-initialised array, a partly filled page after data: elf(5).
// variants: static,static-pie,no-pie
#include "case.h"

static char filled[5] = "data";
static char zero_near[3000];
static char zero_large[100 << 20];

CASE {
  long sum = 0;
  for (size_t i = 0; i < sizeof zero_near; i++) sum += zero_near[i];
  for (size_t i = 0; i < sizeof zero_large; i += 4093) sum += zero_large[i];
  SHOW(sum);
  zero_large[sizeof zero_large - 1] = 5;
  zero_large[50 << 20] = 6;
  SHOW(zero_large[sizeof zero_large - 1] + zero_large[50 << 20]);
  say("%s\n", filled);
}
