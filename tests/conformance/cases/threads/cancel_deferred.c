// Deferred cancellation ends a thread in read, pause, nanosleep, cond_wait and sem_wait: pthreads(7).
// marks: threads
// variants: static
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <time.h>

#include "relatives.h"

static int ends[2];
static pthread_mutex_t mutex;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static sem_t semaphore;
static atomic_int begun;

static void cleanup(void* what) {
  say("cleanup of %s\n", (const char*)what);
}

static void unlock(void* unused) {
  (void)unused;
  say("mutex held: %s\n", errno_name(pthread_mutex_unlock(&mutex)));
}

static void* body(void* number) {
  static char* const names[] = {"read", "pause", "nanosleep", "cond_wait", "sem_wait", "testcancel"};
  struct timespec time = {1000, 0};
  char byte;
  pthread_cleanup_push(cleanup, names[(long)number]);
  begun = 1;
  switch ((long)number) {
    case 0:
      (void)!read(ends[0], &byte, 1);
      break;
    case 1:
      pause();
      break;
    case 2:
      nanosleep(&time, NULL);
      break;
    case 3:
      NEED(pthread_mutex_lock(&mutex) == 0);
      pthread_cleanup_push(unlock, NULL);
      for (;;) pthread_cond_wait(&condition, &mutex);
      pthread_cleanup_pop(0);
      break;
    case 4:
      sem_wait(&semaphore);
      break;
    default:
      for (;;) pthread_testcancel();
  }
  say("NOT CANCELLED\n");
  pthread_cleanup_pop(0);
  return NULL;
}

CASE {
  pthread_mutexattr_t checked;
  NEED(pthread_mutexattr_init(&checked) == 0);
  NEED(pthread_mutexattr_settype(&checked, PTHREAD_MUTEX_ERRORCHECK) == 0);
  NEED(pthread_mutex_init(&mutex, &checked) == 0);
  NEED(pipe(ends) == 0 && sem_init(&semaphore, 0, 0) == 0);
  for (long i = 0; i < 6; i++) {
    pthread_t thread;
    void* result = NULL;
    begun = 0;
    NEED(pthread_create(&thread, NULL, body, (void*)i) == 0);
    while (!begun) nap();
    nap();
    NEED(pthread_cancel(thread) == 0);
    NEED(pthread_join(thread, &result) == 0);
    CHECK(result == PTHREAD_CANCELED);
  }
}
