// Threads start with their argument, give results, have their own numbers: pthread_create(3).
// marks: threads
// variants: static,musl
#include <pthread.h>

#include "case.h"

static int process_id;

static void* body(void* argument) {
  long number = (long)argument;
  int own = getpid() == process_id && syscall(SYS_gettid) != process_id;
  return (void*)(number * number * (own ? 1 : -1));
}

CASE {
  process_id = getpid();
  pthread_t threads[8];
  for (long i = 0; i < 8; i++) NEED(pthread_create(&threads[i], NULL, body, (void*)i) == 0);
  for (int i = 0; i < 8; i++) {
    void* result;
    NEED(pthread_join(threads[i], &result) == 0);
    SHOW((long)result);
  }
}
