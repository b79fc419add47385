// Two hundred threads are alive at once, each with its number, stack and turn: pthread_create(3).
// marks: threads
// variants: musl
#include <pthread.h>
#include <stdatomic.h>

#include "case.h"

enum { count = 200 };
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int alive, may_end;
static long numbers[count];

static void* body(void* argument) {
  char text[1000];
  memset(text, (int)(long)argument, sizeof text);
  numbers[(long)argument] = gettid();
  NEED(pthread_mutex_lock(&mutex) == 0);
  alive++;
  NEED(pthread_cond_broadcast(&changed) == 0);
  while (!may_end) NEED(pthread_cond_wait(&changed, &mutex) == 0);
  NEED(pthread_mutex_unlock(&mutex) == 0);
  for (unsigned i = 0; i < sizeof text; i++)
    if (text[i] != (char)(long)argument) return NULL;
  return (void*)((long)argument + 1);
}

CASE {
  pthread_t threads[count];
  pthread_attr_t attributes;
  NEED(pthread_attr_init(&attributes) == 0 && pthread_attr_setstacksize(&attributes, 65536) == 0);
  for (long i = 0; i < count; i++) NEED(pthread_create(&threads[i], &attributes, body, (void*)i) == 0);
  NEED(pthread_mutex_lock(&mutex) == 0);
  while (alive < count) NEED(pthread_cond_wait(&changed, &mutex) == 0);
  int doubles = 0;
  for (int i = 0; i < count; i++)
    for (int k = 0; k < i; k++) doubles += numbers[i] == numbers[k];
  say("alive %d doubles %d\n", alive, doubles);
  may_end = 1;
  NEED(pthread_cond_broadcast(&changed) == 0);
  NEED(pthread_mutex_unlock(&mutex) == 0);
  int right = 0;
  for (long i = 0; i < count; i++) {
    void* result;
    NEED(pthread_join(threads[i], &result) == 0);
    right += result == (void*)(i + 1);
  }
  SHOW(right);
}
