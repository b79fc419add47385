// sem_wait ends with EINTR by a handler without SA_RESTART, and goes on with it; sem_timedwait never goes on:
// sem_wait(3), signal(7).
// marks: threads
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <time.h>

#include "relatives.h"

static sem_t semaphore;
static atomic_int handled, finished;
static int timed;

static void on_signal(int number) {
  (void)number;
  handled++;
}

static void* body(void* unused) {
  struct timespec time;
  NEED(clock_gettime(CLOCK_REALTIME, &time) == 0);
  time.tv_sec += 100;
  errno = 0;
  long result = timed ? sem_timedwait(&semaphore, &time) : sem_wait(&semaphore);
  int code = errno;
  finished = 1;
  say("%s: %ld %s\n", timed ? "timed" : "plain", result, errno_name(code));
  return unused;
}

CASE {
  pthread_t thread;
  NEED(sem_init(&semaphore, 0, 0) == 0);
  for (timed = 0; timed < 2; timed++) {
    handle(SIGUSR1, on_signal, 0);
    finished = 0;
    NEED(pthread_create(&thread, NULL, body, NULL) == 0);
    // One that comes before the wait does nothing, so they come until it has ended.
    while (!finished) {
      pthread_kill(thread, SIGUSR1);
      nap();
    }
    NEED(pthread_join(thread, NULL) == 0);
  }
  timed = 0;
  handle(SIGUSR1, on_signal, SA_RESTART);
  finished = handled = 0;
  NEED(pthread_create(&thread, NULL, body, NULL) == 0);
  for (int i = 1; i <= 5; i++) {
    NEED(pthread_kill(thread, SIGUSR1) == 0);
    while (handled < i) nap();
  }
  SHOW(finished);
  NEED(sem_post(&semaphore) == 0);
  NEED(pthread_join(thread, NULL) == 0);
}
