// Thread-local variables by descriptors keep all registers but one, with values at hand or not yet: -mtls-dialect=gnu2.
// library: local -mtls-dialect=gnu2 -O2
// marks: threads
// variants: musl
#include <pthread.h>

#include "library.h"

#ifdef LIBRARY_local
__thread int counter = 1000;
__thread double scale = 0.5;
double mixed(double a, double b, long c, long d) {
  counter += (int)(c - d);
  return a * scale + b + counter;
}
#else
static double (*mixed)(double, double, long, long);

static void* other(void* unused) {
  (void)unused;
  say("%.3f\n", mixed(3, 4, 9, 2));
  say("%.3f\n", mixed(5, 6, 0, 1));
  return NULL;
}

CASE {
  mixed = FUNCTION(double(double, double, long, long), must_open("liblocal.so", RTLD_NOW), "mixed");
  other(NULL);
  pthread_t thread;
  NEED(pthread_create(&thread, NULL, other, NULL) == 0 && pthread_join(thread, NULL) == 0);
  other(NULL);
}
#endif
