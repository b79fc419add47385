// exit in one thread ends all others, blocked or busy: exit_group(2).
// marks: threads
#include <pthread.h>

#include "case.h"

static void* busy(void* argument) {
  for (volatile long i = 0;; i++)
    ;
  return argument;
}

static void* blocked(void* argument) {
  pause();
  return argument;
}

CASE {
  pthread_t threads[2];
  NEED(pthread_create(&threads[0], NULL, busy, NULL) == 0);
  NEED(pthread_create(&threads[1], NULL, blocked, NULL) == 0);
  usleep(20000);
  say("leaving\n");
  exit(5);
}
