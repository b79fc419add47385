// SEM_UNDO within one process: its range, and that SETVAL forgets it: semop(2).
#include <sys/sem.h>

#include "case.h"

CASE {
  int set = semget(IPC_PRIVATE, 1, 0600);
  NEED(set >= 0);
  SHOW(semop(set, &(struct sembuf){0, 10, SEM_UNDO}, 1));
  SHOW(semop(set, &(struct sembuf){0, -3, SEM_UNDO}, 1));
  SHOW(semctl(set, 0, GETVAL));
  SHOW(semctl(set, 0, SETVAL, 0));
  SHOW(semop(set, &(struct sembuf){0, 32767, SEM_UNDO}, 1));
  SHOW(semop(set, &(struct sembuf){0, -32767, 0}, 1));
  SHOW(semop(set, &(struct sembuf){0, 1, SEM_UNDO}, 1));
  SHOW(semop(set, &(struct sembuf){0, 1, SEM_UNDO}, 1));
  SHOW(semctl(set, 0, GETVAL));
  SHOW(semctl(set, 0, IPC_RMID));
}
