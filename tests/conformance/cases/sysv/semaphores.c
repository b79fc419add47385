// Semaphores: values, all or nothing, errors: semget(2), semop(2).
#include <sys/sem.h>
#include <time.h>

#include "case.h"

static int set;

static void values(void) {
  unsigned short all[3];
  NEED(semctl(set, 0, GETALL, all) == 0);
  say("  %d %d %d\n", all[0], all[1], all[2]);
}

static long operate(int count, struct sembuf* steps) {
  long result = semop(set, steps, (size_t)count);
  int saved = errno;
  values();
  errno = saved;
  return result;
}

CASE {
  set = semget(IPC_PRIVATE, 3, 0600);
  NEED(set >= 0);
  values();
  SHOW(operate(1, (struct sembuf[]){{0, 5, 0}}));
  SHOW(operate(3, (struct sembuf[]){{0, -2, 0}, {1, 3, 0}, {2, 0, 0}}));
  SHOW(operate(3, (struct sembuf[]){{0, -1, 0}, {1, 1, 0}, {2, -1, IPC_NOWAIT}}));
  SHOW(operate(2, (struct sembuf[]){{0, -1, IPC_NOWAIT}, {0, 0, IPC_NOWAIT}}));
  SHOW(operate(2, (struct sembuf[]){{0, -3, IPC_NOWAIT}, {0, 0, IPC_NOWAIT}}));
  SHOW(operate(2, (struct sembuf[]){{2, 1, 0}, {2, -1, 0}}));
  SHOW(operate(1, (struct sembuf[]){{1, 32767, 0}}));
  SHOW(operate(1, (struct sembuf[]){{2, 32767, 0}}));
  SHOW(operate(2, (struct sembuf[]){{0, 1, 0}, {2, 1, 0}}));
  SHOW(operate(1, (struct sembuf[]){{3, 1, 0}}));
  SHOW(semop(set, (struct sembuf*)8, 1));
  SHOW(semop(set, (struct sembuf[]){{0, 1, 0}}, 0));
  SHOW(semop(set, (struct sembuf[]){{0, 1, 0}}, 501));
  SHOW(semop(-1, (struct sembuf[]){{0, 1, 0}}, 1));
  SHOW(semtimedop(set, (struct sembuf[]){{0, -1, 0}}, 1, &(struct timespec){0, 20000000}));
  SHOW(semtimedop(set, (struct sembuf[]){{0, -1, 0}}, 1, &(struct timespec){0, 0}));
  SHOW(semtimedop(set, (struct sembuf[]){{0, -1, 0}}, 1, &(struct timespec){0, 1000000000}));
  SHOW(semtimedop(set, (struct sembuf[]){{0, -1, 0}}, 1, &(struct timespec){-1, 0}));
  SHOW(semctl(set, 0, IPC_RMID));
  SHOW(semop(set, (struct sembuf[]){{0, 1, 0}}, 1));
  SHOW(semget(IPC_PRIVATE, 0, 0600));
  SHOW(semget(IPC_PRIVATE, -1, 0600));
  SHOW(semget(IPC_PRIVATE, 32001, 0600));
}
