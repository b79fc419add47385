// A queue with several producers and consumers by two conditions: each element is taken once; a broadcast ends all:
// pthread_cond_broadcast(3p).
// marks: threads
// variants: musl
#include <pthread.h>

#include "case.h"

enum { producers = 3, consumers = 4, elements = 800, room = 5 };
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t not_empty = PTHREAD_COND_INITIALIZER, not_full = PTHREAD_COND_INITIALIZER;
static int queue[room], first, size, finished;
static long sum, taken;
static char seen[producers * elements];

static void* producer(void* number) {
  for (int i = 0; i < elements; i++) {
    NEED(pthread_mutex_lock(&mutex) == 0);
    while (size == room) NEED(pthread_cond_wait(&not_full, &mutex) == 0);
    queue[(first + size++) % room] = (int)(long)number * elements + i;
    NEED(pthread_cond_signal(&not_empty) == 0);
    NEED(pthread_mutex_unlock(&mutex) == 0);
  }
  return NULL;
}

static void* consumer(void* unused) {
  for (;;) {
    NEED(pthread_mutex_lock(&mutex) == 0);
    while (size == 0 && !finished) NEED(pthread_cond_wait(&not_empty, &mutex) == 0);
    if (size == 0) break;
    int element = queue[first];
    first = (first + 1) % room;
    size--;
    seen[element]++;
    sum += element;
    taken++;
    NEED(pthread_cond_signal(&not_full) == 0);
    NEED(pthread_mutex_unlock(&mutex) == 0);
  }
  NEED(pthread_mutex_unlock(&mutex) == 0);
  return unused;
}

CASE {
  pthread_t threads[producers + consumers];
  for (long i = 0; i < producers + consumers; i++)
    NEED(pthread_create(&threads[i], NULL, i < producers ? producer : consumer, (void*)i) == 0);
  for (int i = 0; i < producers; i++) NEED(pthread_join(threads[i], NULL) == 0);
  NEED(pthread_mutex_lock(&mutex) == 0);
  finished = 1;
  NEED(pthread_cond_broadcast(&not_empty) == 0);
  NEED(pthread_mutex_unlock(&mutex) == 0);
  for (int i = producers; i < producers + consumers; i++) NEED(pthread_join(threads[i], NULL) == 0);
  int wrong = 0;
  for (int i = 0; i < producers * elements; i++) wrong += seen[i] != 1;
  say("taken %ld sum %ld wrong %d\n", taken, sum, wrong);
}
