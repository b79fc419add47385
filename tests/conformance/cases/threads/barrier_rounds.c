// A barrier lets nobody pass before all are there, and is serial for one of them each time: pthread_barrier_wait(3p).
// marks: threads
// variants: musl
#include <pthread.h>
#include <stdatomic.h>

#include "case.h"

enum { count = 5, rounds = 100 };
static pthread_barrier_t barrier;
static atomic_int arrived[rounds], serial, early;

static void* body(void* unused) {
  for (int i = 0; i < rounds; i++) {
    arrived[i]++;
    int code = pthread_barrier_wait(&barrier);
    if (code == PTHREAD_BARRIER_SERIAL_THREAD)
      serial++;
    else if (code != 0)
      say("code %d\n", code);
    if (arrived[i] != count) early++;
  }
  return unused;
}

CASE {
  pthread_t threads[count];
  SHOW_CODE(pthread_barrier_init(&barrier, NULL, 0));
  SHOW_CODE(pthread_barrier_init(&barrier, NULL, count));
  for (int i = 0; i < count; i++) NEED(pthread_create(&threads[i], NULL, body, NULL) == 0);
  for (int i = 0; i < count; i++) NEED(pthread_join(threads[i], NULL) == 0);
  say("serial %d early %d\n", serial, early);
  SHOW_CODE(pthread_barrier_destroy(&barrier));
}
