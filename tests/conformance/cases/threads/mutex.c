// A mutex keeps a counter exact over threads: pthread_mutex_lock(3).
// marks: threads
// variants: musl
#include <pthread.h>

#include "case.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static long counter;

static void* body(void* argument) {
  for (int i = 0; i < 50000; i++) {
    pthread_mutex_lock(&mutex);
    counter++;
    pthread_mutex_unlock(&mutex);
  }
  return argument;
}

CASE {
  pthread_t threads[4];
  for (int i = 0; i < 4; i++) NEED(pthread_create(&threads[i], NULL, body, NULL) == 0);
  for (int i = 0; i < 4; i++) NEED(pthread_join(threads[i], NULL) == 0);
  SHOW(counter);
}
