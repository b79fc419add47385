// FUTEX_WAKE_OP changes its second word though nobody waits, also the word itself, and wakes by counts: futex(2).
// marks: threads
#include "words.h"

static atomic_int words[64];

static void* waiter(void* word) {
  while (futex(word, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0) == -1 && errno == EINTR) continue;
  return NULL;
}

static long wake_op(long first, long second, int operation) {
  return futex(&words[0], FUTEX_WAKE_OP_PRIVATE, (int)first, (void*)second, &words[32], operation);
}

CASE {
  SHOW(wake_op(1, 1, FUTEX_OP(FUTEX_OP_ADD, 7, FUTEX_OP_CMP_EQ, 0)));
  SHOW(words[32]);
  SHOW(futex(&words[0], FUTEX_WAKE_OP_PRIVATE, 1, (void*)1L, &words[0], FUTEX_OP(FUTEX_OP_OR, 8, FUTEX_OP_CMP_EQ, 0)));
  SHOW(words[0]);
  SHOW(wake_op(1, 1, FUTEX_OP(FUTEX_OP_ADD, -1, FUTEX_OP_CMP_GT, 100)));
  SHOW(words[32]);
  words[0] = words[32] = 0;
  pthread_t threads[6];
  for (int i = 0; i < 6; i++) NEED(pthread_create(&threads[i], NULL, waiter, &words[i < 3 ? 0 : 32]) == 0);
  await_waiters(&words[0], FUTEX_PRIVATE_FLAG, 3);
  await_waiters(&words[32], FUTEX_PRIVATE_FLAG, 3);
  SHOW(wake_op(1, 2, FUTEX_OP(FUTEX_OP_SET, 4, FUTEX_OP_CMP_LT, 0)));  // the condition fails
  SHOW(words[32]);
  SHOW(wake_op(1, 2, FUTEX_OP(FUTEX_OP_SET, 0, FUTEX_OP_CMP_EQ, 4)));
  SHOW(wake_op(0, 0, FUTEX_OP(FUTEX_OP_SET, 0, FUTEX_OP_CMP_EQ, 0)));
  SHOW(futex(&words[0], FUTEX_WAKE_PRIVATE, 1000, NULL, NULL, 0));
  SHOW(futex(&words[32], FUTEX_WAKE_PRIVATE, 1000, NULL, NULL, 0));
  for (int i = 0; i < 6; i++) NEED(pthread_join(threads[i], NULL) == 0);
}
