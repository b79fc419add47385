// Static thread-local variables of a library, local dynamic model: one look-up for several of them: ELF TLS.
// library: local -ftls-model=local-dynamic -fvisibility=hidden
// marks: threads
// variants: musl
#include <pthread.h>

#include "library.h"

#ifdef LIBRARY_local
static __thread int first = 1, second = 2;
static __thread long many[100];
__attribute__((visibility("default"))) long sum(int step) {
  first += step, second += first, many[step % 100] += second;
  return first * 10000 + second * 100 + many[step % 100];
}
#else
static long (*sum)(int);

static void* other(void* unused) {
  (void)unused;
  SHOW(sum(7));
  return NULL;
}

CASE {
  sum = FUNCTION(long(int), must_open("liblocal.so", RTLD_NOW), "sum");
  SHOW(sum(1));
  SHOW(sum(2));
  pthread_t thread;
  NEED(pthread_create(&thread, NULL, other, NULL) == 0 && pthread_join(thread, NULL) == 0);
  SHOW(sum(3));
}
#endif
