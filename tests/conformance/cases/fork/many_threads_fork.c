// Four threads fork at the same time, each its own children: fork(2).
// marks: fork, threads
#include <pthread.h>

#include "relatives.h"

static void* body(void* argument) {
  long number = (long)argument, sum = 0;
  for (int i = 0; i < 8; i++) {
    pid_t child;
    START(child) _exit((int)number * 10 + i);
    sum += WEXITSTATUS(ended(child));
  }
  return (void*)sum;
}

CASE {
  pthread_t threads[4];
  for (long i = 0; i < 4; i++) NEED(pthread_create(&threads[i], NULL, body, (void*)i) == 0);
  for (int i = 0; i < 4; i++) {
    void* sum;
    NEED(pthread_join(threads[i], &sum) == 0);
    say("thread %d: %ld\n", i, (long)sum);
  }
}
