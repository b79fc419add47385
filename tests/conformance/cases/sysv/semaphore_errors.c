// semget, semop and semctl refuse wrong numbers, sizes and values: semget(2).
// marks: fork
#include <sys/ipc.h>
#include <sys/sem.h>

#include "relatives.h"

CASE {
  close(file_with("key", ""));
  key_t key = ftok("key", 's');
  SHOW(semget(key, 1, 0600));
  int id = semget(key, 2, IPC_CREAT | IPC_EXCL | 0600);
  NEED(id >= 0);
  SHOW(semget(key, 2, IPC_CREAT | IPC_EXCL | 0600));
  SHOW(semget(key, 3, 0600));
  SHOW(semget(IPC_PRIVATE, 0, 0600));
  struct sembuf operation = {2, 1, 0};
  SHOW(semop(id, &operation, 1));
  operation = (struct sembuf){0, 1, 0};
  SHOW(semop(id, &operation, 0));
  SHOW(semop(-1, &operation, 1));
  SHOW(semop(id, (struct sembuf*)8, 1));
  SHOW(semctl(id, 0, SETVAL, 32767));
  SHOW(semop(id, &operation, 1));
  SHOW(semctl(id, 0, SETVAL, 32768));
  SHOW(semctl(id, 5, GETVAL));
  SHOW(semctl(id, 0, 99));
  SHOW(semctl(id, 0, IPC_RMID));
}
