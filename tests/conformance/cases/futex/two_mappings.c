// A shared wait and wake meet at two mappings of one file; private ones do not: futex(2).
// marks: threads
#include "words.h"

static void* wait_shared(void* word) {
  wait_while(word, 0, 0);
  return NULL;
}

static void* wait_private(void* word) {
  wait_while(word, FUTEX_PRIVATE_FLAG, 0);
  return NULL;
}

CASE {
  int fd = memfd_create("words", 0);
  NEED(fd >= 0 && ftruncate(fd, 2 * KX_PAGE) == 0);
  char* one = mmap(NULL, 2 * KX_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  char* other = mmap(NULL, KX_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, KX_PAGE);
  NEED(one != MAP_FAILED && other != MAP_FAILED);
  atomic_int *here = (atomic_int*)(one + KX_PAGE + 64), *there = (atomic_int*)(other + 64);
  pthread_t thread;
  NEED(pthread_create(&thread, NULL, wait_shared, here) == 0);
  await_waiters(there, 0, 1);
  SHOW(futex(one + 64, FUTEX_WAKE, 1, NULL, NULL, 0));
  SHOW(futex(there + 1, FUTEX_WAKE, 1, NULL, NULL, 0));
  *there = 1;
  SHOW(futex(there, FUTEX_WAKE, 1, NULL, NULL, 0));
  NEED(pthread_join(thread, NULL) == 0);

  *there = 0;
  NEED(pthread_create(&thread, NULL, wait_private, here) == 0);
  await_waiters(here, FUTEX_PRIVATE_FLAG, 1);
  SHOW(futex(there, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0));
  *there = 1;
  SHOW(futex(here, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0));
  NEED(pthread_join(thread, NULL) == 0);
}
