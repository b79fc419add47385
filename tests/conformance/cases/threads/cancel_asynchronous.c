// Asynchronous cancellation ends a thread that computes; one that disabled it goes on: pthread_setcancelstate(3).
// marks: threads
#include <pthread.h>
#include <stdatomic.h>

#include "relatives.h"

static atomic_int spinning, asked;
static atomic_long turns;

static void cleanup(void* unused) {
  (void)unused;
  say("cleanup\n");
}

static void* spins(void* unused) {
  int before;
  NEED(pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, &before) == 0);
  CHECK(before == PTHREAD_CANCEL_DEFERRED);
  pthread_cleanup_push(cleanup, NULL);
  spinning = 1;
  for (;;) turns++;
  pthread_cleanup_pop(0);
  return unused;
}

static void* refuses(void* unused) {
  int before;
  NEED(pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before) == 0);
  CHECK(before == PTHREAD_CANCEL_ENABLE);
  spinning = 1;
  while (!asked) nap();
  pthread_testcancel();
  say("goes on\n");
  NEED(pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &before) == 0);
  CHECK(before == PTHREAD_CANCEL_DISABLE);
  pthread_testcancel();
  say("NOT REACHED\n");
  return unused;
}

static void run(void* (*body)(void*)) {
  pthread_t thread;
  void* result = NULL;
  spinning = asked = 0;
  NEED(pthread_create(&thread, NULL, body, NULL) == 0);
  while (!spinning) nap();
  NEED(pthread_cancel(thread) == 0);
  asked = 1;
  NEED(pthread_join(thread, &result) == 0);
  CHECK(result == PTHREAD_CANCELED);
}

CASE {
  run(spins);
  run(refuses);
  SHOW_CODE(pthread_setcancelstate(99, NULL));
  SHOW_CODE(pthread_setcanceltype(99, NULL));
}
