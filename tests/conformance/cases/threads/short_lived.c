// Threads made and joined one after the other by several makers at once, a thousand in all: pthread_create(3).
// marks: threads
// variants: musl
#include <pthread.h>
#include <stdatomic.h>

#include "case.h"

enum { makers = 4, each = 250 };
static atomic_int ran;

static void* leaf(void* argument) {
  ran++;
  return (void*)((long)argument * 3);
}

static void* maker(void* argument) {
  long wrong = 0;
  for (long i = 0; i < each; i++) {
    pthread_t thread;
    void* result;
    NEED(pthread_create(&thread, NULL, leaf, (void*)i) == 0);
    NEED(pthread_join(thread, &result) == 0);
    wrong += (long)result != i * 3;
  }
  return (void*)((long)argument + wrong);
}

CASE {
  pthread_t threads[makers];
  long wrong = 0;
  for (int i = 0; i < makers; i++) NEED(pthread_create(&threads[i], NULL, maker, NULL) == 0);
  for (int i = 0; i < makers; i++) {
    void* result;
    NEED(pthread_join(threads[i], &result) == 0);
    wrong += (long)result;
  }
  say("ran %d wrong %ld\n", ran, wrong);
}
