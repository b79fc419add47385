// Two threads hand a turn to each other by condition variables: pthread_cond_wait(3).
// marks: threads
#include <pthread.h>
#include <time.h>

#include "case.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int turn, sum;

static void* body(void* argument) {
  int own = (int)(long)argument;
  for (int i = 0; i < 1000; i++) {
    pthread_mutex_lock(&mutex);
    while (turn != own) pthread_cond_wait(&changed, &mutex);
    sum = sum * 3 % 10007 + own + 1;
    turn = !own;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&mutex);
  }
  return NULL;
}

CASE {
  pthread_t threads[2];
  for (long i = 0; i < 2; i++) NEED(pthread_create(&threads[i], NULL, body, (void*)i) == 0);
  for (int i = 0; i < 2; i++) NEED(pthread_join(threads[i], NULL) == 0);
  SHOW(sum);
  struct timespec soon;
  clock_gettime(CLOCK_REALTIME, &soon);
  pthread_mutex_lock(&mutex);
  SHOW_CODE(pthread_cond_timedwait(&changed, &mutex, &soon));
}
