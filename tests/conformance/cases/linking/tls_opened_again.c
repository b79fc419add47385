// Closed and opened again, a library's thread-local variables begin anew, in old threads too: dlclose(3).
// library: local
// marks: threads
#include <pthread.h>

#include "library.h"

#ifdef LIBRARY_local
__thread int value = 6;
int next(void) {
  return ++value;
}
#else
static pthread_barrier_t barrier;

static void turn(const char* who) {
  void* library = must_open("liblocal.so", RTLD_NOW);
  int (*next)(void) = FUNCTION(int(void), library, "next");
  next();
  say("%s: %d\n", who, next());
  SHOW(dlclose(library));
}

static void* other(void* unused) {
  (void)unused;
  for (int i = 0; i < 3; i++) {
    pthread_barrier_wait(&barrier);
    turn("other");
    pthread_barrier_wait(&barrier);
  }
  return NULL;
}

CASE {
  pthread_t thread;
  NEED(pthread_barrier_init(&barrier, NULL, 2) == 0 && pthread_create(&thread, NULL, other, NULL) == 0);
  for (int i = 0; i < 3; i++) {
    turn("first");
    CHECK(!is_mapped("/liblocal.so"));
    pthread_barrier_wait(&barrier);
    pthread_barrier_wait(&barrier);
  }
  NEED(pthread_join(thread, NULL) == 0);
}
#endif
