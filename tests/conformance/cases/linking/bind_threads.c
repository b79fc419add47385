// Threads that call the same functions for the first time at once, each bound lazily: ld.so(8).
// library: many -Wl,-z,lazy
// library: caller -lmany -Wl,-z,lazy,-rpath,$ORIGIN
// marks: threads
#include <pthread.h>

#include "library.h"

#define EACH(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(a) X(b) X(c) X(d) X(e) X(f)
#if defined LIBRARY_many
#define DEFINE(digit)         \
  int f##digit(int value) {   \
    return value + 0x##digit; \
  }
EACH(DEFINE)
#elif defined LIBRARY_caller
#define DECLARE(digit) int f##digit(int value);
EACH(DECLARE)
#define CALL(digit) value = f##digit(value);
int call(int value) {
  EACH(CALL) return value;
}
#else
enum { threads = 4, rounds = 10 };
static pthread_barrier_t barrier;
static int (*call)(int);

static void* caller(void* result) {
  for (int i = 0; i < rounds; i++) {
    pthread_barrier_wait(&barrier);
    *(int*)result += call(i);
    pthread_barrier_wait(&barrier);
  }
  return NULL;
}

CASE {
  pthread_t thread[threads];
  int results[threads] = {0};
  NEED(pthread_barrier_init(&barrier, NULL, threads + 1) == 0);
  for (int i = 0; i < threads; i++) NEED(pthread_create(&thread[i], NULL, caller, &results[i]) == 0);
  for (int i = 0; i < rounds; i++) {
    void* library = must_open("libcaller.so", RTLD_LAZY);
    call = FUNCTION(int(int), library, "call");
    pthread_barrier_wait(&barrier);
    pthread_barrier_wait(&barrier);
    NEED(dlclose(library) == 0);
  }
  for (int i = 0; i < threads; i++) {
    NEED(pthread_join(thread[i], NULL) == 0);
    SHOW(results[i]);
  }
}
#endif
