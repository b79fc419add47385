// Threads that wait on semaphores: counts, order, IPC_RMID: semop(2).
#include <pthread.h>
#include <sys/sem.h>

#include "case.h"

static int set;
static volatile int order[3], done;

static void* take(void* number) {
  struct sembuf step = {0, -1, 0};
  if (semop(set, &step, 1) == 0) order[__atomic_fetch_add(&done, 1, __ATOMIC_SEQ_CST)] = (int)(long)number;
  return NULL;
}

static void* wait_zero(void* unused) {
  (void)unused;
  struct sembuf step = {1, 0, 0};
  SHOW(semop(set, &step, 1));
  return NULL;
}

static void* wait_removed(void* unused) {
  (void)unused;
  struct sembuf step = {1, -100, 0};
  SHOW(semop(set, &step, 1));
  return NULL;
}

static void wait_for(int command, int semaphore, int count) {
  while (semctl(set, semaphore, command) != count) usleep(2000);
}

CASE {
  set = semget(IPC_PRIVATE, 2, 0600);
  NEED(set >= 0);
  pthread_t threads[3];
  for (long i = 0; i < 3; ++i) {
    NEED(pthread_create(&threads[i], NULL, take, (void*)(i + 1)) == 0);
    wait_for(GETNCNT, 0, (int)i + 1);
  }
  for (int i = 0; i < 3; ++i) {
    NEED(semop(set, &(struct sembuf){0, 1, 0}, 1) == 0);
    while (done != i + 1) usleep(1000);
  }
  for (int i = 0; i < 3; ++i) NEED(pthread_join(threads[i], NULL) == 0);
  say("order %d %d %d, value %d\n", order[0], order[1], order[2], semctl(set, 0, GETVAL));

  NEED(semctl(set, 1, SETVAL, 2) == 0);
  NEED(pthread_create(&threads[0], NULL, wait_zero, NULL) == 0);
  wait_for(GETZCNT, 1, 1);
  say("one less\n");
  NEED(semop(set, &(struct sembuf){1, -1, 0}, 1) == 0);
  usleep(20000);
  say("zero\n");
  NEED(semctl(set, 1, SETVAL, 0) == 0);
  NEED(pthread_join(threads[0], NULL) == 0);

  NEED(pthread_create(&threads[0], NULL, wait_removed, NULL) == 0);
  wait_for(GETNCNT, 1, 1);
  long removed = semctl(set, 0, IPC_RMID);
  NEED(pthread_join(threads[0], NULL) == 0);
  SHOW(removed);
}
