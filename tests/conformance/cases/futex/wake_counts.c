// How many a wake takes: one for zero and for negative counts, no more than asked for, never more than wait: futex(2).
// marks: threads
#include "words.h"

static atomic_int word, gone;
static int flags_now;

static void* waiter(void* unused) {
  while (futex(&word, FUTEX_WAIT | flags_now, 0, NULL, NULL, 0) != 0) continue;
  gone++;
  return unused;
}

static void run(int flags) {
  enum { count = 7 };
  pthread_t threads[count];
  flags_now = flags;
  gone = 0;
  for (int i = 0; i < count; i++) NEED(pthread_create(&threads[i], NULL, waiter, NULL) == 0);
  await_waiters(&word, flags, count);
  SHOW(futex(&word, FUTEX_WAKE | flags, 0, NULL, NULL, 0));
  SHOW(futex(&word, FUTEX_WAKE | flags, -1, NULL, NULL, 0));
  SHOW(futex(&word, FUTEX_WAKE | flags, INT_MIN, NULL, NULL, 0));
  SHOW(futex(&word, FUTEX_WAKE_BITSET | flags, 2, NULL, NULL, 0x80000000));
  SHOW(futex(&word, FUTEX_REQUEUE | flags, 0, (void*)1000L, &word, 0));
  SHOW(futex(&word, FUTEX_WAKE | flags, INT_MAX, NULL, NULL, 0));
  SHOW(futex(&word, FUTEX_WAKE | flags, INT_MAX, NULL, NULL, 0));
  for (int i = 0; i < count; i++) NEED(pthread_join(threads[i], NULL) == 0);
  SHOW(gone);
}

CASE {
  run(0);
  run(FUTEX_PRIVATE_FLAG);
}
