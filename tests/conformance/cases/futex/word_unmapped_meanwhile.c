// A private futex is an address: its waiters are there after the memory was unmapped, or mapped anew: futex(2).
// marks: threads
#include "words.h"

static void* waiter(void* word) {
  while (futex(word, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0) != 0) continue;
  return NULL;
}

CASE {
  char* page = fresh_pages(1);
  pthread_t threads[2];
  for (int i = 0; i < 2; i++) NEED(pthread_create(&threads[i], NULL, waiter, page) == 0);
  await_waiters(page, FUTEX_PRIVATE_FLAG, 2);
  NEED(munmap(page, KX_PAGE) == 0);
  SHOW(futex(page, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0));
  SHOW(futex(page, FUTEX_CMP_REQUEUE_PRIVATE, 0, (void*)1L, page, 0));
  NEED(mmap(page, KX_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == page);
  SHOW(futex(page, FUTEX_WAKE_PRIVATE, 5, NULL, NULL, 0));
  for (int i = 0; i < 2; i++) NEED(pthread_join(threads[i], NULL) == 0);
}
