// A broadcast wakes one and moves the others to the lock's word, as condition variables did it: futex(2).
// marks: threads
#include "words.h"

enum { count = 10, rounds = 20 };
static atomic_int sequence, lock_word, passed, inside, most;

static void take(void) {
  while (atomic_exchange(&lock_word, 2) != 0) futex(&lock_word, FUTEX_WAIT_PRIVATE, 2, NULL, NULL, 0);
}

static void leave(void) {
  lock_word = 0;
  futex(&lock_word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

static void* waiter(void* unused) {
  for (int round = 0; round < rounds; round++) {
    wait_while(&sequence, FUTEX_PRIVATE_FLAG, round);
    take();
    if (++inside > most) most = inside;
    inside--;
    leave();
    if (atomic_fetch_add(&passed, 1) + 1 == count * (round + 1)) futex(&passed, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
  }
  return unused;
}

CASE {
  pthread_t threads[count];
  for (int i = 0; i < count; i++) NEED(pthread_create(&threads[i], NULL, waiter, NULL) == 0);
  for (int round = 0; round < rounds; round++) {
    take();
    int now = ++sequence;
    NEED(futex(&sequence, FUTEX_CMP_REQUEUE_PRIVATE, 1, (void*)(long)INT_MAX, &lock_word, now) >= 0);
    leave();
    for (int seen = passed; seen != count * (round + 1); seen = passed)
      futex(&passed, FUTEX_WAIT_PRIVATE, seen, NULL, NULL, 0);
  }
  for (int i = 0; i < count; i++) NEED(pthread_join(threads[i], NULL) == 0);
  say("passed %d most inside %d\n", passed, most);
}
