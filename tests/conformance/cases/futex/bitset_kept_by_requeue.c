// A wait keeps its bits when it is moved to another word; FUTEX_WAKE does not look at them: futex(2).
// marks: threads
#include "words.h"

static atomic_int words[64];
static int flags_now;

static void* waiter(void* bits) {
  while (futex(&words[0], FUTEX_WAIT_BITSET | flags_now, 0, NULL, NULL, (int)(long)bits) != 0) continue;
  return bits;
}

static void run(int flags) {
  static const long bits[] = {1, 2, 4, 0x80000000, 3};
  pthread_t threads[5];
  flags_now = flags;
  for (int i = 0; i < 5; i++) NEED(pthread_create(&threads[i], NULL, waiter, (void*)bits[i]) == 0);
  await_waiters(&words[0], flags, 5);
  SHOW(futex(&words[0], FUTEX_WAKE_BITSET | flags, 1000, NULL, NULL, 8));
  SHOW(futex(&words[0], FUTEX_CMP_REQUEUE | flags, 0, (void*)1000L, &words[32], 0));
  SHOW(futex(&words[0], FUTEX_WAKE_BITSET | flags, 1000, NULL, NULL, -1));
  SHOW(futex(&words[32], FUTEX_WAKE_BITSET | flags, 1000, NULL, NULL, 8));
  SHOW(futex(&words[32], FUTEX_WAKE_BITSET | flags, 1000, NULL, NULL, 4));
  SHOW(futex(&words[32], FUTEX_WAKE_BITSET | flags, 1000, NULL, NULL, 4));
  SHOW(futex(&words[32], FUTEX_WAKE_BITSET | flags, 1000, NULL, NULL, (int)0x80000000));
  SHOW(futex(&words[32], FUTEX_WAKE_BITSET | flags, 1000, NULL, NULL, 1));
  SHOW(futex(&words[32], FUTEX_WAKE | flags, 1000, NULL, NULL, 0));
  for (int i = 0; i < 5; i++) NEED(pthread_join(threads[i], NULL) == 0);
}

CASE {
  run(FUTEX_PRIVATE_FLAG);
  run(0);
}
