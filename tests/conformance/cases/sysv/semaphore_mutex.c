// A System V semaphore as a lock keeps a counter in shared memory exact: semop(2).
// marks: fork
#include <sys/ipc.h>
#include <sys/sem.h>

#include "relatives.h"

CASE {
  int id = semget(IPC_PRIVATE, 1, IPC_CREAT | 0600);
  NEED(id >= 0 && semctl(id, 0, SETVAL, 1) == 0);
  volatile long* counter = shared_memory(KX_PAGE);
  pid_t children[3];
  struct sembuf take = {0, -1, SEM_UNDO}, give = {0, 1, SEM_UNDO};
  for (int i = 0; i < 3; i++) START(children[i]) for (int j = 0; j < 300; j++) {
      NEED(semop(id, &take, 1) == 0);
      ++*counter;
      NEED(semop(id, &give, 1) == 0);
    }
  for (int i = 0; i < 3; i++) reap("child", children[i]);
  SHOW(*counter);
  SHOW(semctl(id, 0, GETVAL));
  SHOW(semctl(id, 0, IPC_RMID));
}
