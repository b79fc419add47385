// Many readers or one writer; try and timed forms say which: pthread_rwlock_rdlock(3p).
// marks: threads
// variants: musl
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "relatives.h"

enum { count = 6, turns = 400 };
static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
static long one, other;
static atomic_int torn;

static void* reader(void* unused) {
  for (int i = 0; i < turns; i++) {
    NEED(pthread_rwlock_rdlock(&lock) == 0);
    if (one != other) torn++;
    NEED(pthread_rwlock_unlock(&lock) == 0);
  }
  return unused;
}

static void* writer(void* unused) {
  for (int i = 0; i < turns; i++) {
    NEED(pthread_rwlock_wrlock(&lock) == 0);
    one++;
    if (i % 50 == 0) sched_yield();
    other++;
    NEED(pthread_rwlock_unlock(&lock) == 0);
  }
  return unused;
}

static void* tries(void* unused) {
  struct timespec past = {1, 0};
  SHOW_CODE(pthread_rwlock_tryrdlock(&lock));
  SHOW_CODE(pthread_rwlock_trywrlock(&lock));
  SHOW_CODE(pthread_rwlock_timedwrlock(&lock, &past));
  return unused;
}

CASE {
  pthread_t threads[count];
  for (int i = 0; i < count; i++) NEED(pthread_create(&threads[i], NULL, i % 2 ? writer : reader, NULL) == 0);
  for (int i = 0; i < count; i++) NEED(pthread_join(threads[i], NULL) == 0);
  say("%ld %ld torn %d\n", one, other, torn);
  SHOW_CODE(pthread_rwlock_wrlock(&lock));
  NEED(pthread_create(&threads[0], NULL, tries, NULL) == 0 && pthread_join(threads[0], NULL) == 0);
  SHOW_CODE(pthread_rwlock_unlock(&lock));
  SHOW_CODE(pthread_rwlock_rdlock(&lock));
  SHOW_CODE(pthread_rwlock_rdlock(&lock));
  NEED(pthread_create(&threads[0], NULL, tries, NULL) == 0 && pthread_join(threads[0], NULL) == 0);
  SHOW_CODE(pthread_rwlock_destroy(&lock));
}
