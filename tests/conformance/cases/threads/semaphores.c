// Semaphores of threads: waiting, trying, times, interruption by a handler, overflow: sem_wait(3), sem_post(3).
// marks: threads
// variants: static,musl
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <time.h>

#include "relatives.h"

static sem_t semaphore, answers;
static atomic_int passed;

static void on_signal(int number) {
  (void)number;
  if (sem_post(&answers) != 0) _exit(96);
}

static void* body(void* unused) {
  for (int i = 0; i < 500; i++) {
    while (sem_wait(&semaphore) != 0) continue;
    passed++;
    NEED(sem_post(&answers) == 0);
  }
  return unused;
}

CASE {
  pthread_t threads[3];
  int value;
  struct timespec past = {1, 0}, wrong = {1, -1};
  NEED(sem_init(&semaphore, 0, 2) == 0 && sem_init(&answers, 0, 0) == 0);
  SHOW(sem_trywait(&semaphore));
  SHOW(sem_wait(&semaphore));
  SHOW(sem_trywait(&semaphore));
  SHOW(sem_timedwait(&semaphore, &past));
  SHOW(sem_timedwait(&semaphore, &wrong));
  SHOW(sem_init(&semaphore, 0, (unsigned)INT_MAX + 1));
  NEED(sem_init(&semaphore, 0, INT_MAX) == 0);
  SHOW(sem_post(&semaphore));
  SHOW(sem_getvalue(&semaphore, &value));
  SHOW(value == INT_MAX);
  NEED(sem_init(&semaphore, 0, 0) == 0);
  for (int i = 0; i < 3; i++) NEED(pthread_create(&threads[i], NULL, body, NULL) == 0);
  for (int i = 0; i < 1500; i++) NEED(sem_post(&semaphore) == 0);
  for (int i = 0; i < 1500; i++) NEED(sem_wait(&answers) == 0);
  for (int i = 0; i < 3; i++) NEED(pthread_join(threads[i], NULL) == 0);
  SHOW(passed);
  SHOW(sem_getvalue(&semaphore, &value) + value);
  // A handler posts another semaphore, so that the wait for it ends.
  handle(SIGUSR1, on_signal, SA_RESTART);
  NEED(raise(SIGUSR1) == 0);
  SHOW(sem_wait(&answers));
  SHOW(sem_trywait(&answers));
}
