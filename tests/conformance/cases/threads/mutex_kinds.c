// Recursive and error-checking mutexes, of their owner and of others, and timed locks: pthread_mutex_lock(3).
// marks: threads
// variants: musl
#include <pthread.h>
#include <time.h>

#include "relatives.h"

static pthread_mutex_t mutex;

static void* stranger(void* unused) {
  struct timespec past = {1, 0}, now, wrong = {1, 1000000000};
  SHOW_CODE(pthread_mutex_trylock(&mutex));
  SHOW_CODE(pthread_mutex_unlock(&mutex));
  SHOW_CODE(pthread_mutex_timedlock(&mutex, &past));
  SHOW_CODE(pthread_mutex_timedlock(&mutex, &wrong));
  NEED(clock_gettime(CLOCK_REALTIME, &now) == 0);
  now.tv_sec += (now.tv_nsec + 30000000) / 1000000000;
  now.tv_nsec = (now.tv_nsec + 30000000) % 1000000000;
  SHOW_CODE(pthread_mutex_timedlock(&mutex, &now));
  struct timespec after;
  NEED(clock_gettime(CLOCK_REALTIME, &after) == 0);
  CHECK(after.tv_sec > now.tv_sec || (after.tv_sec == now.tv_sec && after.tv_nsec >= now.tv_nsec));
  return unused;
}

static void run(int kind) {
  pthread_mutexattr_t attributes;
  pthread_t thread;
  NEED(pthread_mutexattr_init(&attributes) == 0);
  NEED(pthread_mutexattr_settype(&attributes, kind) == 0);
  NEED(pthread_mutex_init(&mutex, &attributes) == 0);
  SHOW_CODE(pthread_mutex_lock(&mutex));
  SHOW_CODE(pthread_mutex_trylock(&mutex));
  SHOW_CODE(pthread_mutex_lock(&mutex));
  NEED(pthread_create(&thread, NULL, stranger, NULL) == 0);
  NEED(pthread_join(thread, NULL) == 0);
  for (int i = 0; i < 4; i++) SHOW_CODE(pthread_mutex_unlock(&mutex));
  SHOW_CODE(pthread_mutex_destroy(&mutex));
}

CASE {
  say("recursive\n");
  run(PTHREAD_MUTEX_RECURSIVE);
  say("error checking\n");
  run(PTHREAD_MUTEX_ERRORCHECK);
}
