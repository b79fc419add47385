// The owner of a robust mutex ends: EOWNERDEAD for the next, pthread_mutex_consistent or ENOTRECOVERABLE:
// pthread_mutexattr_setrobust(3).
// marks: threads
// variants: static,musl
#include <pthread.h>
#include <time.h>

#include "relatives.h"

static pthread_mutex_t mutex;
static struct gate owned, may_end;

static void* owner(void* unused) {
  NEED(pthread_mutex_lock(&mutex) == 0);
  open_gate(owned);
  pass_gate(may_end);
  return unused;
}

static void* waiter(void* unused) {
  SHOW_CODE(pthread_mutex_lock(&mutex));
  SHOW_CODE(pthread_mutex_consistent(&mutex));
  SHOW_CODE(pthread_mutex_unlock(&mutex));
  return unused;
}

static void make(void) {
  pthread_mutexattr_t attributes;
  NEED(pthread_mutexattr_init(&attributes) == 0);
  NEED(pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST) == 0);
  NEED(pthread_mutex_init(&mutex, &attributes) == 0);
}

CASE {
  pthread_t first, second;
  owned = make_gate();
  may_end = make_gate();
  make();
  for (int turn = 0; turn < 2; turn++) {
    NEED(pthread_create(&first, NULL, owner, NULL) == 0);
    pass_gate(owned);
    SHOW_CODE(pthread_mutex_trylock(&mutex));
    SHOW_CODE(pthread_mutex_unlock(&mutex));
    NEED(pthread_create(&second, NULL, waiter, NULL) == 0);
    nap();
    open_gate(may_end);
    NEED(pthread_join(first, NULL) == 0);
    NEED(pthread_join(second, NULL) == 0);
  }
  SHOW_CODE(pthread_mutex_consistent(&mutex));
  NEED(pthread_create(&first, NULL, owner, NULL) == 0);
  pass_gate(owned);
  open_gate(may_end);
  NEED(pthread_join(first, NULL) == 0);
  struct timespec soon = {0, 0};
  SHOW_CODE(pthread_mutex_timedlock(&mutex, &soon));
  SHOW_CODE(pthread_mutex_unlock(&mutex));  // not made consistent
  SHOW_CODE(pthread_mutex_lock(&mutex));
  SHOW_CODE(pthread_mutex_trylock(&mutex));
  SHOW_CODE(pthread_mutex_destroy(&mutex));
}
