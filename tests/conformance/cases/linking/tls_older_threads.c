// Threads that began before a library was opened have its thread-local variables too: ELF TLS.
// library: late
// library: later -ftls-model=initial-exec
// marks: threads
#include <pthread.h>

#include "library.h"

#if defined LIBRARY_late || defined LIBRARY_later
__thread int value = 70;
int next(void) {
  return ++value;
}
#else
enum { threads = 3 };
static pthread_barrier_t barrier;
static int (*late)(void), (*later)(void);
static int results[threads][2];

static void* older(void* number) {
  pthread_barrier_wait(&barrier);
  pthread_barrier_wait(&barrier);
  for (intptr_t i = 0; i <= (intptr_t)number; i++) {
    results[(intptr_t)number][0] = late();
    results[(intptr_t)number][1] = later();
  }
  return NULL;
}

CASE {
  pthread_t thread[threads];
  NEED(pthread_barrier_init(&barrier, NULL, threads + 1) == 0);
  for (intptr_t i = 0; i < threads; i++) NEED(pthread_create(&thread[i], NULL, older, (void*)i) == 0);
  pthread_barrier_wait(&barrier);
  late = FUNCTION(int(void), must_open("liblate.so", RTLD_NOW), "next");
  later = FUNCTION(int(void), must_open("liblater.so", RTLD_NOW), "next");
  pthread_barrier_wait(&barrier);
  for (int i = 0; i < threads; i++) {
    NEED(pthread_join(thread[i], NULL) == 0);
    say("thread %d: %d %d\n", i, results[i][0], results[i][1]);
  }
  SHOW(late());
  SHOW(later());
}
#endif
