// A child makes threads of its own, and its child again: fork(2), pthread_create(3).
// marks: fork, threads
#include <pthread.h>

#include "relatives.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static int counter;

static void* body(void* argument) {
  for (int i = 0; i < 1000; i++) {
    pthread_mutex_lock(&mutex);
    counter++;
    pthread_mutex_unlock(&mutex);
  }
  return argument;
}

static void count_in_threads(const char* who) {
  pthread_t threads[3];
  for (int i = 0; i < 3; i++) NEED(pthread_create(&threads[i], NULL, body, NULL) == 0);
  for (int i = 0; i < 3; i++) NEED(pthread_join(threads[i], NULL) == 0);
  say("%s: %d\n", who, counter);
}

CASE {
  count_in_threads("parent");
  pid_t child, grandchild;
  START(child) {
    count_in_threads("child");
    START(grandchild) count_in_threads("grandchild");
    reap("grandchild", grandchild);
  }
  reap("child", child);
  count_in_threads("parent");
}
