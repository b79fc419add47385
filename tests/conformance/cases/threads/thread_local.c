// Thread-local variables, keys with destructors, and errno are apart in every thread: pthread_key_create(3).
// marks: threads
// variants: static,musl
#include <pthread.h>

#include "case.h"

static __thread int initialised = 42;
static __thread char zero[5000];
static pthread_key_t key;
static int destroyed;

static void destroy(void* value) {
  __atomic_add_fetch(&destroyed, (int)(long)value, __ATOMIC_SEQ_CST);
}

static void* body(void* argument) {
  long number = (long)argument, result = initialised == 42 && zero[4999] == 0 && errno == 0;
  initialised = (int)number;
  memset(zero, (int)number, sizeof zero);
  NEED(pthread_setspecific(key, argument) == 0);
  for (int i = 0; i < 100; i++)
    result += close(-1) == -1 && errno == EBADF && initialised == number && zero[i] == number;
  return (void*)result;
}

CASE {
  errno = 0;
  NEED(pthread_key_create(&key, destroy) == 0);
  pthread_t threads[5];
  for (long i = 1; i <= 4; i++) NEED(pthread_create(&threads[i], NULL, body, (void*)i) == 0);
  for (int i = 1; i <= 4; i++) {
    void* result;
    NEED(pthread_join(threads[i], &result) == 0);
    SHOW((long)result);
  }
  CHECK(errno != EBADF);
  SHOW(destroyed);
  SHOW(initialised);
}
