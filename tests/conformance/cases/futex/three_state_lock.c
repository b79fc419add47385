// A lock of three states by FUTEX_WAIT and FUTEX_WAKE keeps counters exact among eight threads: futex(2).
// marks: threads
#include "words.h"

enum { count = 8, turns = 2000 };
static atomic_int lock_word;
static int flags_now;
static long counter, twice;

static void lock(void) {
  int seen = 0;
  if (atomic_compare_exchange_strong(&lock_word, &seen, 1)) return;
  if (seen != 2) seen = atomic_exchange(&lock_word, 2);
  while (seen != 0) {
    futex(&lock_word, FUTEX_WAIT | flags_now, 2, NULL, NULL, 0);
    seen = atomic_exchange(&lock_word, 2);
  }
}

static void unlock(void) {
  if (atomic_fetch_sub(&lock_word, 1) == 1) return;
  lock_word = 0;
  futex(&lock_word, FUTEX_WAKE | flags_now, 1, NULL, NULL, 0);
}

static void* body(void* unused) {
  for (int i = 0; i < turns; i++) {
    lock();
    counter++;
    if (i % 100 == 0) sched_yield();
    twice += 2;
    unlock();
  }
  return unused;
}

CASE {
  for (int flags = 0; flags <= FUTEX_PRIVATE_FLAG; flags += FUTEX_PRIVATE_FLAG) {
    pthread_t threads[count];
    flags_now = flags;
    counter = twice = 0;
    for (int i = 0; i < count; i++) NEED(pthread_create(&threads[i], NULL, body, NULL) == 0);
    for (int i = 0; i < count; i++) NEED(pthread_join(threads[i], NULL) == 0);
    say("%ld %ld %d\n", counter, twice, lock_word);
  }
}
