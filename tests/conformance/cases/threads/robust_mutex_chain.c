// Several robust mutexes of one thread that ends are all marked; of several waiters each gets its turn:
// pthread_mutexattr_setrobust(3).
// marks: threads
#include <pthread.h>

#include "relatives.h"

enum { count = 5, waiters = 4 };
static pthread_mutex_t mutexes[count];
static int died, fine;
static struct gate owned, may_end;

static void* owner(void* unused) {
  for (int i = 0; i < count; i++) NEED(pthread_mutex_lock(&mutexes[i]) == 0);
  NEED(pthread_mutex_unlock(&mutexes[2]) == 0);
  open_gate(owned);
  pass_gate(may_end);
  pthread_exit(unused);
}

static void* waiter(void* unused) {
  int code = pthread_mutex_lock(&mutexes[0]);
  if (code == EOWNERDEAD) {
    died++;
    NEED(pthread_mutex_consistent(&mutexes[0]) == 0);
  } else if (code == 0) {
    fine++;
  }
  NEED(pthread_mutex_unlock(&mutexes[0]) == 0);
  return unused;
}

CASE {
  pthread_mutexattr_t attributes;
  NEED(pthread_mutexattr_init(&attributes) == 0);
  NEED(pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST) == 0);
  for (int i = 0; i < count; i++) NEED(pthread_mutex_init(&mutexes[i], &attributes) == 0);
  owned = make_gate();
  may_end = make_gate();
  pthread_t thread, others[waiters];
  NEED(pthread_create(&thread, NULL, owner, NULL) == 0);
  pass_gate(owned);
  for (int i = 0; i < waiters; i++) NEED(pthread_create(&others[i], NULL, waiter, NULL) == 0);
  nap();
  open_gate(may_end);
  NEED(pthread_join(thread, NULL) == 0);
  for (int i = 0; i < waiters; i++) NEED(pthread_join(others[i], NULL) == 0);
  say("died %d fine %d\n", died, fine);
  for (int i = 1; i < count; i++) SHOW_CODE(pthread_mutex_trylock(&mutexes[i]));
}
