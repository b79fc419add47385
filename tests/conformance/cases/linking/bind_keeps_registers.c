// Lazy binding keeps the arguments, in general and vector registers and on the stack: the System V ABI.
// library: taker
// library: caller -ltaker -Wl,-z,lazy,-rpath,$ORIGIN
#include <stdarg.h>

#include "library.h"

typedef double wide __attribute__((vector_size(16)));

#if defined LIBRARY_taker
wide take(long a, long b, long c, long d, long e, long f, long g, double h, wide i, double j, float k, double l,
          double m, double n, double o, double p) {
  say("%ld %ld %ld %ld %ld %ld %ld\n", a, b, c, d, e, f, g);
  say("%.1f %.1f,%.1f %.1f %.1f %.1f %.1f %.1f %.1f %.1f\n", h, i[0], i[1], j, k, l, m, n, o, p);
  return (wide){i[1], i[0]};
}
int take_many(int count, ...) {
  va_list list;
  va_start(list, count);
  double sum = 0;
  for (int i = 0; i < count; i++) sum += va_arg(list, double);
  va_end(list);
  return (int)sum;
}
__int128 take_pair(__int128 value) {
  return value + 1;
}
#elif defined LIBRARY_caller
wide take(long a, long b, long c, long d, long e, long f, long g, double h, wide i, double j, float k, double l,
          double m, double n, double o, double p);
int take_many(int count, ...);
__int128 take_pair(__int128 value);
void call(void) {
  wide got = take(1, 2, 3, 4, 5, 6, 7, 8, (wide){9, 9.5}, 10, 11, 12, 13, 14, 15, 16);
  say("%.1f %.1f\n", got[0], got[1]);
  SHOW(take_many(10, 1., 2., 3., 4., 5., 6., 7., 8., 9., 10.));
  __int128 pair = take_pair(((__int128)7 << 64) | UINT64_MAX);
  say("%ld %lu\n", (long)(pair >> 64), (unsigned long)pair);
}
#else
CASE {
  FUNCTION(void(void), must_open("libcaller.so", RTLD_LAZY), "call")();
}
#endif
