// Thread-local variables of an opened library, general dynamic model: each thread has its own, fresh: ELF TLS.
// library: local -ftls-model=global-dynamic
// marks: threads
// variants: musl
#include <pthread.h>

#include "library.h"

#ifdef LIBRARY_local
__thread int counter = 100;
__thread char zeros[5000];
int next(void) {
  zeros[sizeof zeros - 1]++;
  return ++counter + zeros[sizeof zeros - 1];
}
#else
static int (*next)(void);

static void* other(void* unused) {
  (void)unused;
  SHOW(next());
  SHOW(next());
  return NULL;
}

CASE {
  next = FUNCTION(int(void), must_open("liblocal.so", RTLD_NOW), "next");
  for (int i = 0; i < 5; i++) next();
  for (int i = 0; i < 3; i++) {
    pthread_t thread;
    NEED(pthread_create(&thread, NULL, other, NULL) == 0 && pthread_join(thread, NULL) == 0);
  }
  SHOW(next());
}
#endif
