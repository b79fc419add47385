// A private wait is not found by a shared wake, and the other way round, of the same word: futex(2).
// marks: threads
#include "words.h"

static void* wait_private(void* word) {
  wait_while(word, FUTEX_PRIVATE_FLAG, 0);
  return NULL;
}

static void* wait_shared(void* word) {
  wait_while(word, 0, 0);
  return NULL;
}

static void run(atomic_int* word) {
  pthread_t threads[2];
  NEED(pthread_create(&threads[0], NULL, wait_private, word) == 0);
  await_waiters(word, FUTEX_PRIVATE_FLAG, 1);
  SHOW(futex(word, FUTEX_WAKE, 1, NULL, NULL, 0));
  NEED(pthread_create(&threads[1], NULL, wait_shared, word) == 0);
  await_waiters(word, 0, 1);
  SHOW(futex(word, FUTEX_REQUEUE, 0, (void*)1000L, word, 0));
  SHOW(futex(word, FUTEX_REQUEUE_PRIVATE, 0, (void*)1000L, word, 0));
  *word = 1;
  SHOW(futex(word, FUTEX_WAKE_PRIVATE, 1000, NULL, NULL, 0));
  NEED(pthread_join(threads[0], NULL) == 0);
  SHOW(futex(word, FUTEX_WAKE, 1000, NULL, NULL, 0));
  NEED(pthread_join(threads[1], NULL) == 0);
}

CASE {
  run((atomic_int*)fresh_pages(1));
  run(shared_memory(KX_PAGE));
}
