// Wakes of FUTEX_REQUEUE come before moves, both are counted; moving to its own word changes nothing: futex(2).
// marks: threads
#include "words.h"

static atomic_int words[64], back;

static void* waiter(void* unused) {
  while (futex(&words[0], FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0) != 0) continue;
  back++;
  return unused;
}

CASE {
  enum { count = 8 };
  pthread_t threads[count];
  for (int i = 0; i < count; i++) NEED(pthread_create(&threads[i], NULL, waiter, NULL) == 0);
  await_waiters(&words[0], FUTEX_PRIVATE_FLAG, count);
  SHOW(futex(&words[0], FUTEX_REQUEUE_PRIVATE, 0, (void*)3L, &words[0], 0));
  SHOW(futex(&words[0], FUTEX_REQUEUE_PRIVATE, 0, (void*)0L, &words[32], 0));
  SHOW(futex(&words[0], FUTEX_CMP_REQUEUE_PRIVATE, 2, (void*)3L, &words[32], 0));
  SHOW(futex(&words[0], FUTEX_CMP_REQUEUE_PRIVATE, 2, (void*)3L, &words[32], 5));
  SHOW(futex(&words[32], FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0));
  SHOW(futex(&words[32], FUTEX_CMP_REQUEUE_PRIVATE, 0, (void*)1000L, &words[0], 0));
  SHOW(futex(&words[32], FUTEX_WAKE_PRIVATE, 1000, NULL, NULL, 0));
  SHOW(futex(&words[0], FUTEX_WAKE_PRIVATE, 1000, NULL, NULL, 0));
  for (int i = 0; i < count; i++) NEED(pthread_join(threads[i], NULL) == 0);
  SHOW(back);
}
