// Spin locks keep a counter exact; pthread_once runs its function once, and again after it was cancelled:
// pthread_spin_lock(3), pthread_once(3p).
// marks: threads
#include <pthread.h>
#include <stdatomic.h>

#include "relatives.h"

enum { count = 4, turns = 500 };
static pthread_spinlock_t lock;
static long counter;
static atomic_int calls, begun;
static pthread_once_t once = PTHREAD_ONCE_INIT, broken = PTHREAD_ONCE_INIT;

static void initialize(void) {
  nap();
  calls++;
}

static void cancelled_first(void) {
  if (begun++ == 0)
    for (;;) pause();
  calls++;
}

static void* body(void* unused) {
  NEED(pthread_once(&once, initialize) == 0);
  if (calls != 1) say("not yet\n");
  for (int i = 0; i < turns; i++) {
    pthread_spin_lock(&lock);
    counter++;
    pthread_spin_unlock(&lock);
    if (i % 100 == 0) sched_yield();
  }
  return unused;
}

static void* stuck(void* unused) {
  pthread_once(&broken, cancelled_first);
  return unused;
}

CASE {
  pthread_t threads[count];
  SHOW_CODE(pthread_spin_init(&lock, PTHREAD_PROCESS_PRIVATE));
  SHOW_CODE(pthread_spin_trylock(&lock));
  SHOW_CODE(pthread_spin_trylock(&lock));
  SHOW_CODE(pthread_spin_unlock(&lock));
  for (int i = 0; i < count; i++) NEED(pthread_create(&threads[i], NULL, body, NULL) == 0);
  for (int i = 0; i < count; i++) NEED(pthread_join(threads[i], NULL) == 0);
  say("counter %ld calls %d\n", counter, calls);
  void* result;
  NEED(pthread_create(&threads[0], NULL, stuck, NULL) == 0);
  while (begun == 0) nap();
  NEED(pthread_cancel(threads[0]) == 0 && pthread_join(threads[0], &result) == 0);
  CHECK(result == PTHREAD_CANCELED);
  SHOW_CODE(pthread_once(&broken, cancelled_first));
  say("begun %d calls %d\n", begun, calls);
}
