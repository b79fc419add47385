// A process-shared condition wakes one waiter, then all: pthread_condattr_setpshared(3).
// marks: fork
#include <pthread.h>

#include "relatives.h"

struct common {
  pthread_mutex_t mutex;
  pthread_cond_t ready, changed;
  int waiting, tickets, woken;
};

CASE {
  struct common* common = shared_memory(KX_PAGE);
  pthread_mutexattr_t mutex_attributes;
  pthread_condattr_t attributes;
  pthread_mutexattr_init(&mutex_attributes);
  pthread_condattr_init(&attributes);
  NEED(pthread_mutexattr_setpshared(&mutex_attributes, PTHREAD_PROCESS_SHARED) == 0);
  NEED(pthread_condattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED) == 0);
  NEED(pthread_mutex_init(&common->mutex, &mutex_attributes) == 0);
  NEED(pthread_cond_init(&common->ready, &attributes) == 0 && pthread_cond_init(&common->changed, &attributes) == 0);
  pid_t children[4];
  for (int i = 0; i < 4; i++) START(children[i]) {
      pthread_mutex_lock(&common->mutex);
      common->waiting++;
      pthread_cond_signal(&common->changed);
      while (common->tickets == 0) pthread_cond_wait(&common->ready, &common->mutex);
      common->tickets--;
      common->woken++;
      pthread_cond_signal(&common->changed);
      pthread_mutex_unlock(&common->mutex);
    }
  pthread_mutex_lock(&common->mutex);
  while (common->waiting < 4) pthread_cond_wait(&common->changed, &common->mutex);
  common->tickets = 1;
  pthread_cond_signal(&common->ready);
  while (common->woken < 1) pthread_cond_wait(&common->changed, &common->mutex);
  say("woken %d\n", common->woken);
  common->tickets = 3;
  pthread_cond_broadcast(&common->ready);
  while (common->woken < 4) pthread_cond_wait(&common->changed, &common->mutex);
  say("woken %d\n", common->woken);
  pthread_mutex_unlock(&common->mutex);
  for (int i = 0; i < 4; i++) reap("child", children[i]);
}
